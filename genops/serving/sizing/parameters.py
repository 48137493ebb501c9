"""The weights of a model as its config.json implies them, where no file says."""

from __future__ import annotations

from collections.abc import Iterator, Set
from math import prod

from genops.serving.files.tensor import Tensor
from genops.serving.sizing.builds import Build, biased_parts, build_of
from genops.serving.sizing.quantised import quantised_bits
from genops.serving.sizing.shape import DTYPE_BYTES, ModelShape

Named = tuple[str, tuple[int, ...]]
"""Name and sides of a tensor."""


def tensors_of(shape: ModelShape) -> tuple[Tensor, ...]:
    """The weights of a decoder of the usual build, named as a checkpoint names them.

    They are in the model's own type; matrices of a quantised checkpoint have the bits that its configuration says.
    Attention by heads or latent, dense or mixed feed-forward layers, embeddings and head. What a model has besides
    (a vision tower, layers with a state) is not in it: files are the better source.
    """
    return tuple(_tensor(shape, name, sides) for name, sides in _weights(shape))


def _tensor(shape: ModelShape, name: str, sides: tuple[int, ...]) -> Tensor:
    bits = quantised_bits(shape.quantization, shape.config) if _quantised(shape, name, sides) else None
    if bits is None:
        return Tensor(name, shape.dtype, sides, prod(sides) * DTYPE_BYTES[shape.dtype])
    return Tensor(name, "U8", sides, int(prod(sides) * bits / 8))


def _quantised(shape: ModelShape, name: str, sides: tuple[int, ...]) -> bool:
    """Matrices of layers are, but for routers; under MXFP4 those of experts alone."""
    if shape.quantization == "mxfp4":
        return ".experts." in name
    return ".layers." in name and len(sides) > 1 and not name.endswith("mlp.gate.weight")


def _weights(shape: ModelShape) -> Iterator[Named]:
    build = build_of(shape.model_type)
    biases = biased_parts(build, shape.text)
    yield from _embeddings(shape, build)
    for number in range(len(shape.layers)):
        place = f"model.layers.{number}"
        for norm in range(build.norms):
            yield from _norm(f"{place}.norm_{norm}", shape.hidden, biases)
        attention = _latent(shape) if shape.layers[number].kind == "latent" else _attention(shape, number, biases)
        yield from ((f"{place}.self_attn.{name}", sides) for name, sides in attention)
        feed_forward = _feed_forward(shape, number, gated=build.gated, biased="mlp" in biases)
        yield from ((f"{place}.mlp.{name}", sides) for name, sides in feed_forward)
    yield from _norm("model.norm", shape.hidden, biases)
    if not shape.tied:
        yield from _linear("lm_head", shape.vocabulary, shape.hidden, biased="head" in biases)


def _embeddings(shape: ModelShape, build: Build) -> Iterator[Named]:
    """Those of tokens and of learned positions; narrower than the hidden state in a few models (OPT-350m)."""
    width = int(shape.text.get("word_embed_proj_dim") or shape.hidden)
    yield "model.embed_tokens.weight", (shape.vocabulary, width)
    if width != shape.hidden:
        yield "model.project_in.weight", (shape.hidden, width)
        yield "model.project_out.weight", (width, shape.hidden)
    if build.positions:
        yield "model.wpe.weight", ((shape.context or 0) + build.before, shape.hidden)


def _norm(place: str, width: int, biases: Set[str]) -> Iterator[Named]:
    yield f"{place}.weight", (width,)
    if "norm" in biases:
        yield f"{place}.bias", (width,)


def _linear(place: str, outputs: int, inputs: int, *, biased: bool) -> Iterator[Named]:
    yield f"{place}.weight", (outputs, inputs)
    if biased:
        yield f"{place}.bias", (outputs,)


def _attention(shape: ModelShape, number: int, biases: Set[str]) -> Iterator[Named]:
    layer = shape.layers[number]
    if layer.kind in ("none", "state"):
        return
    heads = layer.kv_heads or shape.kv_heads
    keys, values = layer.key_dim or shape.head_dim, layer.value_dim or shape.head_dim
    sizes = {"q": shape.heads * keys, "k": heads * keys, "v": heads * values}
    for name, outputs in sizes.items():
        yield from _linear(f"{name}_proj", outputs, shape.hidden, biased="qkv" in biases)
    yield from _linear("o_proj", shape.hidden, shape.heads * values, biased="out" in biases)
    if shape.model_type.startswith(("qwen3", "gemma3")):
        yield "q_norm.weight", (keys,)
        yield "k_norm.weight", (keys,)


def _latent(shape: ModelShape) -> Iterator[Named]:
    text = shape.text
    rank, rotary = int(text["kv_lora_rank"]), int(text["qk_rope_head_dim"])
    plain, value = int(text["qk_nope_head_dim"]), int(text["v_head_dim"])
    query = shape.heads * (plain + rotary)
    if text.get("q_lora_rank"):
        yield "q_a_proj.weight", (int(text["q_lora_rank"]), shape.hidden)
        yield "q_a_layernorm.weight", (int(text["q_lora_rank"]),)
        yield "q_b_proj.weight", (query, int(text["q_lora_rank"]))
    else:
        yield "q_proj.weight", (query, shape.hidden)
    yield "kv_a_proj_with_mqa.weight", (rank + rotary, shape.hidden)
    yield "kv_a_layernorm.weight", (rank,)
    yield "kv_b_proj.weight", (shape.heads * (plain + value), rank)
    yield "o_proj.weight", (shape.hidden, shape.heads * value)


def _feed_forward(shape: ModelShape, number: int, *, gated: bool, biased: bool) -> Iterator[Named]:
    experts = shape.experts
    if experts is None or number not in experts.layers:
        yield from _perceptron("", shape.hidden, shape.width, gated=gated, biased=biased)
        return
    yield "gate.weight", (experts.count, shape.hidden)
    for name in ("gate_proj", "up_proj", "down_proj") if gated else ("up_proj", "down_proj"):
        yield f"experts.{name}", (experts.count, shape.hidden, experts.width)
    if experts.shared_width:
        yield from _perceptron("shared_experts.", shape.hidden, experts.shared_width, gated=gated, biased=biased)


def _perceptron(place: str, hidden: int, width: int, *, gated: bool, biased: bool) -> Iterator[Named]:
    for name in ("gate_proj", "up_proj") if gated else ("up_proj",):
        yield from _linear(f"{place}{name}", width, hidden, biased=biased)
    yield from _linear(f"{place}down_proj", hidden, width, biased=biased)
