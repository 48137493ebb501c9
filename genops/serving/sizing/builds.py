"""What the code of an architecture decides about its weights, and its config.json does not say."""

from __future__ import annotations

from collections.abc import Set
from dataclasses import dataclass
from typing import Any

_ATTENTION = frozenset({"qkv", "out"})
_LINEAR = _ATTENTION | {"mlp"}

_SWITCHES = {
    "use_bias": _LINEAR,
    "bias": _LINEAR,
    "enable_bias": _LINEAR,
    "attention_bias": _ATTENTION,
    "use_qkv_bias": frozenset({"qkv"}),
    "add_qkv_bias": frozenset({"qkv"}),
    "mlp_bias": frozenset({"mlp"}),
}
"""Keys of config.json that give biases to these parts, or take them away."""


@dataclass(frozen=True, slots=True)
class Build:
    """How an architecture builds its layers.

    Attributes:
        gated: Whether a feed-forward layer has three matrices, one of which gates another (SwiGLU, GeGLU), or two.
        norms: Norms of the hidden state in a layer; one where attention and feed-forward read the same.
        biases: Parts with biases unless config.json says otherwise: ``qkv``, ``out``, ``mlp``, ``norm``, ``head``.
        positions: Whether positions are learned.
        before: Rows of their table before that of the first position.
    """

    gated: bool = True
    norms: int = 2
    biases: Set[str] = frozenset()
    positions: bool = False
    before: int = 0


_PLAIN = Build(gated=False, biases=_LINEAR | {"norm"})
_GPT2 = Build(gated=False, biases=_LINEAR | {"norm"}, positions=True)
_GPTJ = Build(gated=False, norms=1, biases={"mlp", "norm", "head"})

_BUILDS = {
    "apertus": Build(gated=False),
    "arcee": Build(gated=False),
    "bloom": _PLAIN,
    "codegen": _GPTJ,
    "cohere": Build(norms=1),
    "cohere2": Build(norms=1),
    "falcon": Build(gated=False, biases={"norm"}),
    "gemma2": Build(norms=4),
    "gemma3_text": Build(norms=4),
    "gpt2": _GPT2,
    "gpt_bigcode": _GPT2,
    "gpt_neox": _PLAIN,
    "gptj": _GPTJ,
    "jais2": _PLAIN,
    "mpt": Build(gated=False),
    "nanochat": Build(gated=False, norms=0),
    "nemotron": Build(gated=False, biases={"norm"}),
    "opt": Build(gated=False, biases=_LINEAR | {"norm"}, positions=True, before=2),
    "persimmon": _PLAIN,
    "phi": Build(gated=False, norms=1, biases=_LINEAR | {"norm", "head"}),
    "qwen": Build(biases={"qkv"}),
    "qwen2": Build(biases={"qkv"}),
    "qwen2_moe": Build(biases={"qkv"}),
    "stablelm": Build(biases={"norm"}),
    "starcoder2": _PLAIN,
}
"""By ``model_type``; every other is taken for a gated one, as nearly all since Llama are."""


def build_of(model_type: str) -> Build:
    """How an architecture builds its layers."""
    return _BUILDS.get(model_type, Build())


def biased_parts(build: Build, text: dict[str, Any]) -> Set[str]:
    """The parts of a layer that have biases, and ``head`` where the head has one.

    Args:
        build: Of the architecture.
        text: The part of config.json that describes the decoder.
    """
    found = build.biases
    for key, parts in _SWITCHES.items():
        if isinstance(text.get(key), bool):
            found = found | parts if text[key] else found - parts
    return found
