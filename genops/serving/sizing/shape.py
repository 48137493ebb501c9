"""What a config.json says of a model's size: its layers, what each keeps of the past, and its experts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from genops.errors import DefinitionError
from genops.serving.sizing.layers import Layer, layers_of, without_attention

_TEXT_PARTS = ("text_config", "llm_config", "language_config")
_CONTEXT_KEYS = (
    "max_position_embeddings",
    "n_positions",
    "max_seq_len",
    "seq_length",
    "max_sequence_length",
    "max_seq_length",
)
_UNSCALED = ("default", "llama3", "longrope", "su", "mrope")
"""Ways of stretching positions whose ``max_position_embeddings`` is stretched already."""

_TIED = (
    "bloom", "cohere", "ernie4_5", "falcon", "gemma", "gpt2", "gpt_bigcode", "jetmoe", "lfm2", "minicpm3", "mpt", "opt",
    "recurrent_gemma", "smollm3", "starcoder2", "youtu", "zamba",
)  # fmt: skip
_MOST_LAYERS = 10_000

DTYPES = {"bfloat16": "BF16", "float16": "F16", "half": "F16", "float32": "F32", "float": "F32"}
DTYPE_BYTES = {"F64": 8, "F32": 4, "BF16": 2, "F16": 2, "F8_E4M3": 1, "F8_E5M2": 1, "I8": 1, "U8": 1}


@dataclass(frozen=True, slots=True)
class Experts:
    """The experts of a mixture.

    Attributes:
        count: In a layer.
        active: Asked for a token.
        width: Of one.
        shared_width: Of those that every token goes through, together; 0 for none.
        layers: Numbers of the layers that have experts.
    """

    count: int
    active: int
    width: int
    shared_width: int
    layers: frozenset[int]


@dataclass(frozen=True)
class ModelShape:
    """A decoder's measures.

    Attributes:
        config: The whole config.json.
        text: The part of it that describes the decoder; the same for a model of text alone.
        architecture: First of ``architectures``.
        model_type: Of the decoder.
        hidden: Width of the hidden state.
        heads: Query heads.
        head_dim: Width of a head.
        width: Of the feed-forward layer.
        vocabulary: Rows of the embedding.
        context: Longest input and output together that the model is made for, in tokens; None when it does not say.
        layers: One for each.
        experts: None for a dense model.
        tied: Whether the output head is the embedding.
        dtype: Of weights and activations, as safetensors name it.
        quantization: Method of a quantised checkpoint (``fp8``, ``awq``, ``gptq``).
    """

    config: dict[str, Any]
    text: dict[str, Any]
    architecture: str
    model_type: str
    hidden: int
    heads: int
    head_dim: int
    width: int
    vocabulary: int
    context: int | None
    layers: tuple[Layer, ...]
    experts: Experts | None
    tied: bool
    dtype: str
    quantization: str | None

    @property
    def kv_heads(self) -> int:
        """Key and value heads of the layer that has most of them."""
        return max((layer.kv_heads for layer in self.layers), default=self.heads)

    @property
    def latent(self) -> bool:
        """Whether attention is multi-head latent attention (DeepSeek-V2, arXiv:2405.04434)."""
        return any(layer.kind == "latent" for layer in self.layers)


def model_shape(config: dict[str, Any]) -> ModelShape:
    """The measures that a config.json gives.

    Raises:
        DefinitionError: It lacks one that no decoder can be without, or gives nonsense.
    """
    text = next((config[part] for part in _TEXT_PARTS if isinstance(config.get(part), dict)), config)
    try:
        return _shape(config, text)
    except (TypeError, ValueError, KeyError, IndexError, AttributeError, ZeroDivisionError) as error:
        what = str(error) if type(error) is ValueError else f"{type(error).__name__}: {error}"
        raise DefinitionError(
            f"config.json describes no decoder that can be sized: {what}",
            hint="is this the folder of a text-generating model, fetched whole?",
        ) from None


def _shape(config: dict[str, Any], text: dict[str, Any]) -> ModelShape:
    hidden = _size(text, "hidden_size", "n_embd", "n_embed", "d_model", "dim")
    heads = _size(text, "num_attention_heads", "n_head", "n_heads", default=1 if without_attention(text) else None)
    pattern = text.get("hybrid_override_pattern") or text.get("layers_block_type")
    count = _size(
        text, "num_hidden_layers", "n_layer", "n_layers", "num_layers", default=len(pattern) if pattern else None
    )
    if count > _MOST_LAYERS:
        raise ValueError(f"it has {count:,} layers")
    head_dim = int(text.get("head_dim") or text.get("hidden_size_per_head") or hidden // heads)
    architectures = config.get("architectures") or [""]
    return ModelShape(
        config=config,
        text=text,
        architecture=str(architectures[0]),
        model_type=str(text.get("model_type") or config.get("model_type") or ""),
        hidden=hidden,
        heads=heads,
        head_dim=head_dim,
        width=_width(text, hidden),
        vocabulary=_size(text, "padded_vocab_size", "vocab_size", default=_size(config, "vocab_size", default=0)),
        context=_context(text),
        layers=layers_of(text, count=count, heads=heads, head_dim=head_dim),
        experts=_experts(text, count),
        tied=_tied(config, text),
        dtype=_dtype(config, text),
        quantization=_quantization(config, text),
    )


def _size(values: dict[str, Any], *names: str, default: int | None = None) -> int:
    for name in names:
        value = values.get(name)
        if value is not None:
            if isinstance(value, bool) or not isinstance(value, int) or value < 1:
                raise ValueError(f"{name} is {value!r}")
            return value
    if default is None:
        raise ValueError(f"it has no {names[0]}")
    return default


def _width(text: dict[str, Any], hidden: int) -> int:
    """Of the feed-forward layer; where config.json does not say it, four times that of the hidden state, as GPT-2's."""
    given = (text.get(name) for name in ("intermediate_size", "ffn_hidden_size", "n_inner", "ffn_dim"))
    value = next((one for one in given if one), (text.get("expansion_ratio") or 4) * hidden)
    width = max(value) if isinstance(value, list) else int(value)
    return width // 2 if text.get("model_type") == "qwen" else width  # its config counts gate and values together


def _tied(config: dict[str, Any], text: dict[str, Any]) -> bool:
    """As transformers decides it: tied where nothing is said, for these architectures."""
    for part in (text, config):
        if "tie_word_embeddings" in part:
            return bool(part["tie_word_embeddings"])
    return str(text.get("model_type", "")).startswith(_TIED)


def _dtype(config: dict[str, Any], text: dict[str, Any]) -> str:
    for part in (config, text):
        named = part.get("dtype") or part.get("torch_dtype")
        if isinstance(named, str):
            return DTYPES.get(named.removeprefix("torch."), "BF16")
    return "BF16"


def _quantization(config: dict[str, Any], text: dict[str, Any]) -> str | None:
    found = config.get("quantization_config") or config.get("compression_config") or text.get("quantization_config")
    if not isinstance(found, dict):
        return None
    return str(found.get("quant_method") or "unknown").lower().replace("compressed_tensors", "compressed-tensors")


def _context(text: dict[str, Any]) -> int | None:
    """As vLLM derives it: the smallest limit that is given, stretched where the positions are."""
    given = [int(text[key]) for key in _CONTEXT_KEYS if isinstance(text.get(key), (int, float)) and text[key]]
    longest = int(text["model_max_length"]) if text.get("model_max_length") else min(given, default=None)
    if longest is None:
        return None
    rope = text.get("rope_scaling") or text.get("rope_parameters") or {}
    kind = rope.get("rope_type") or rope.get("type") if isinstance(rope, dict) else None
    if kind is None or kind in _UNSCALED or not rope.get("factor"):
        return longest
    if kind == "yarn":
        longest = int(rope.get("original_max_position_embeddings") or longest)
    return int(longest * float(rope["factor"]))


def _experts(text: dict[str, Any], count: int) -> Experts | None:
    names = ("num_experts", "n_routed_experts", "num_local_experts", "moe_num_experts")
    number = next((int(text[name]) for name in names if text.get(name)), 0)
    if number < 2:
        return None
    width = text.get("moe_intermediate_size") or text.get("expert_ffn_hidden_size") or text["intermediate_size"]
    width = int(width[0] if isinstance(width, list) else width)
    shared = int(text.get("shared_expert_intermediate_size") or 0)
    if text.get("n_shared_experts"):
        shared = int(text["n_shared_experts"]) * width
    if text.get("model_type") == "llama4_text":
        shared = width
    active = next(
        (int(text[name]) for name in ("num_experts_per_tok", "num_experts_per_token", "moe_topk") if text.get(name)), 1
    )
    return Experts(number, active, width, shared, _expert_layers(text, count))


def _expert_layers(text: dict[str, Any], count: int) -> frozenset[int]:
    if isinstance(text.get("moe_layers"), list):
        return frozenset(int(number) for number in text["moe_layers"])
    dense = int(text.get("first_k_dense_replace") or 0)
    every = text.get("moe_layer_freq")
    later = text.get("decoder_sparse_step") or text.get("interleave_moe_layer_step")
    named = frozenset(text.get("mlp_only_layers") or ())
    if later:
        return frozenset(number for number in range(count) if (number + 1) % int(later) == 0 and number not in named)
    step = every if isinstance(every, int) else 1
    return frozenset(number for number in range(dense, count) if number % step == 0 and number not in named)
