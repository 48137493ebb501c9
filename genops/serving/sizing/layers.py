"""What each layer of a decoder keeps of the tokens that it has read."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Literal

Kind = Literal["full", "sliding", "chunked", "latent", "state", "shared", "none"]

_NAMED: dict[str, Kind] = {
    "full_attention": "full",
    "attention": "full",
    "indexed_attention": "full",
    "sliding_attention": "sliding",
    "chunked_attention": "chunked",
    "linear_attention": "state",
    "mamba": "state",
    "mamba2": "state",
    "recurrent": "state",
    "conv": "state",
    "moe": "none",
    "mlp": "none",
}
_PATTERN: dict[str, Kind] = {"M": "state", "*": "full", "-": "none", "E": "none"}
_EVERY = {"gemma3": 6, "gemma3_text": 6, "cohere2": 4, "exaone4": 4, "gemma2": 2}
"""Every which layer sees everything, where the config leaves it to the code of the model."""

_NO_ATTENTION = ("mamba", "mamba2", "falcon_mamba")
_FIRST_SLIDES = ("gpt_oss",)
_NOT_LATENT = ("minicpm3",)


@dataclass(frozen=True, slots=True)
class Layer:
    """What a layer keeps.

    Attributes:
        kind: ``full`` attention keeps every token; ``sliding`` and ``chunked`` those of a window; ``latent`` (MLA) one
            compressed vector a token; ``state`` (Mamba, linear attention) the same for any length; ``shared`` reads
            what an earlier layer keeps; ``none`` has no attention.
        kv_heads: Heads of keys and of values.
        key_dim: Width of a key; of ``latent``, of the whole vector.
        value_dim: Width of a value.
        window: Tokens, for ``sliding`` and ``chunked``.
        state: Numbers kept for a sequence in the model's type, then in the type of the state (often float32); None
            when the config does not let them be counted.
        index: Bytes a token of a sparse-attention index beside it.
    """

    kind: Kind
    kv_heads: int = 0
    key_dim: int = 0
    value_dim: int = 0
    window: int = 0
    state: tuple[int, int] | None = None
    index: int = 0


def layers_of(text: dict[str, Any], *, count: int, heads: int, head_dim: int) -> tuple[Layer, ...]:
    """The layers of a decoder, in order.

    Args:
        text: The part of config.json that describes it.
        count: Of layers.
        heads: Query heads.
        head_dim: Width of a head.
    """
    kinds = _kinds(text, count)
    kv_heads = _kv_heads(text, heads, count)
    window = int(text.get("sliding_window") or 0)
    chunk = int(text.get("attention_chunk_size") or 0)
    state = _state(text)
    latent = _latent(text)
    found = []
    for number, kind in enumerate(kinds):
        if kind == "sliding" and window == 0:
            kind = "full"
        if kind == "full" and latent is not None:
            found.append(latent)
        elif kind == "state":
            found.append(Layer("state", state=state))
        elif kind == "none":
            found.append(Layer("none"))
        else:
            size = {"sliding": window, "chunked": chunk}.get(kind, 0)
            found.append(Layer(kind, kv_heads[number], head_dim, int(text.get("v_head_dim") or head_dim), size))
    return _with_wide_global_heads(text, _with_shared(text, _without_pruned(text, found)))


def without_attention(text: dict[str, Any]) -> bool:
    """Whether no layer has attention."""
    return text.get("model_type") in _NO_ATTENTION


def unknown_kinds(text: dict[str, Any]) -> list[str]:
    """Kinds of layers that a config names and that are not known here; they are taken for full attention."""
    named = text.get("layer_types") or text.get("layers_block_type") or ()
    return sorted({str(name) for name in named} - set(_NAMED)) if isinstance(named, list) else []


def _kinds(text: dict[str, Any], count: int) -> list[Kind]:
    """The kind of each layer, from whichever of the ways of writing it the config uses."""
    named = text.get("layer_types") or text.get("layers_block_type")
    if isinstance(named, list) and named:
        return [_NAMED.get(str(name), "full") for name in _filled(named, count)]
    pattern = text.get("hybrid_override_pattern")
    if isinstance(pattern, str) and pattern:
        return [_PATTERN.get(letter, "full") for letter in _filled(list(pattern), count)]
    full = _full_layers(text, count)
    if full is not None:
        return ["full" if number in full else "state" for number in range(count)]
    return _windowed(text, count)


def _filled(pattern: list[Any], count: int) -> list[Any]:
    """A pattern repeated to the number of layers."""
    return (pattern * -(-count // len(pattern)))[:count]


def _full_layers(text: dict[str, Any], count: int) -> set[int] | None:
    """The layers with attention, of a model whose others keep a state; None for a model without such."""
    linear = text.get("linear_attn_config")
    if isinstance(linear, dict) and linear.get("full_attn_layers"):
        return {int(number) - 1 for number in linear["full_attn_layers"]}
    for key in ("attn_layer_indices", "full_attn_idxs"):
        if isinstance(text.get(key), list):
            return {int(number) for number in text[key]}
    if isinstance(text.get("attn_type_list"), list):
        return {number for number, kind in enumerate(text["attn_type_list"]) if kind}
    if text.get("full_attention_interval"):
        step = int(text["full_attention_interval"])
        return {number for number in range(count) if (number + 1) % step == 0}
    if text.get("attn_layer_period"):
        step, first = int(text["attn_layer_period"]), int(text.get("attn_layer_offset") or 0)
        return {number for number in range(count) if number % step == first}
    if without_attention(text):
        return set()
    return None


def _windowed(text: dict[str, Any], count: int) -> list[Kind]:
    """Full attention, or a mixture of it with windows."""
    model = str(text.get("model_type", ""))
    if text.get("attention_chunk_size"):
        turned = text.get("no_rope_layers") or [
            int((number + 1) % int(text.get("no_rope_layer_interval") or 4) != 0) for number in range(count)
        ]
        return ["chunked" if rotary else "full" for rotary in _filled(list(turned), count)]
    if not text.get("sliding_window") or text.get("use_sliding_window") is False:
        return ["full"] * count
    if text.get("use_sliding_window") and "max_window_layers" in text:
        return ["sliding" if number >= int(text["max_window_layers"]) else "full" for number in range(count)]
    step = text.get("sliding_window_pattern") or _EVERY.get(model)
    if isinstance(step, str):
        return ["full" if letter.upper() == "G" else "sliding" for letter in _filled(list(step), count)]
    if step:
        return ["full" if (number + 1) % int(step) == 0 else "sliding" for number in range(count)]
    if model in _FIRST_SLIDES:
        return ["full" if number % 2 else "sliding" for number in range(count)]
    return ["sliding"] * count


def _kv_heads(text: dict[str, Any], heads: int, count: int) -> list[int]:
    """Key and value heads of each layer."""
    attention = text.get("attn_config")
    if isinstance(attention, dict) and attention.get("kv_n_heads"):
        return [int(attention["kv_n_heads"])] * count
    if text.get("multi_query") and not text.get("new_decoder_architecture"):
        return [1] * count
    names = ("num_key_value_heads", "num_kv_heads", "n_head_kv", "multi_query_group_num", "num_attention_groups")
    value = next((text[name] for name in names if text.get(name)), heads)
    return [int(one) for one in _filled(value, count)] if isinstance(value, list) else [int(value)] * count


def _latent(text: dict[str, Any]) -> Layer | None:
    """A layer of multi-head latent attention: one vector of the latent and of the rotary part, for all heads."""
    if not text.get("kv_lora_rank") or text.get("model_type") in _NOT_LATENT:
        return None
    width = int(text["kv_lora_rank"]) + int(text.get("qk_rope_head_dim") or 0)
    side = int(text.get("index_head_dim") or 0) if text.get("index_topk") else 0
    return Layer("latent", 1, width, 0, index=side + side // 128 * 4)


def _state(text: dict[str, Any]) -> tuple[int, int] | None:
    """Numbers of the convolution and of the recurrent state of one layer for one sequence."""
    kernel = text.get("linear_conv_kernel_dim")
    if kernel and text.get("linear_num_value_heads"):
        keys = int(text["linear_num_key_heads"]) * int(text["linear_key_head_dim"])
        values = int(text["linear_num_value_heads"]) * int(text["linear_value_head_dim"])
        return (int(kernel) - 1) * (2 * keys + values), values * int(text["linear_key_head_dim"])
    linear = text.get("linear_attn_config")
    if isinstance(linear, dict) and linear.get("num_heads") and linear.get("head_dim"):
        inner = int(linear["num_heads"]) * int(linear["head_dim"])
        kernel = int(linear.get("short_conv_kernel_size") or 4)
        return 3 * (kernel - 1) * inner, inner * int(linear["head_dim"])
    if text.get("conv_L_cache"):
        return int(text["conv_L_cache"]) * int(text["hidden_size"]), 0
    width = text.get("mamba_d_state") or text.get("ssm_state_size") or text.get("state_size")
    if not width:
        return None
    heads = text.get("mamba_n_heads") or text.get("mamba_num_heads")
    each = text.get("mamba_d_head") or text.get("mamba_head_dim")
    expanded = int(text.get("mamba_expand") or text.get("expand") or 2) * int(text["hidden_size"])
    inner = int(heads) * int(each) if heads and isinstance(each, int) else expanded
    kernel = int(text.get("mamba_d_conv") or text.get("conv_kernel") or 4)
    groups = int(text.get("mamba_n_groups") or text.get("n_groups") or 0)
    return (kernel - 1) * (inner + 2 * groups * int(width)), inner * int(width)


def _without_pruned(text: dict[str, Any], layers: list[Layer]) -> list[Layer]:
    """Layers of a pruned model (Nemotron's ``block_configs``) whose attention was cut down or out."""
    blocks = text.get("block_configs")
    if not isinstance(blocks, list):
        return layers
    found = []
    for layer, block in zip(layers, blocks, strict=False):
        attention = block.get("attention") if isinstance(block, dict) else None
        if isinstance(attention, dict) and (attention.get("no_op") or attention.get("replace_with_linear")):
            layer = Layer("none")
        elif isinstance(attention, dict) and attention.get("n_heads_in_group"):
            heads = int(text["num_attention_heads"]) // int(attention["n_heads_in_group"])
            layer = replace(layer, kv_heads=heads)
        found.append(layer)
    return found


def _with_shared(text: dict[str, Any], layers: list[Layer]) -> list[Layer]:
    """The last layers of some models (Gemma 3n) read the keys and values of earlier ones."""
    shared = int(text.get("num_kv_shared_layers") or 0)
    keeping = len(layers) - shared
    return [layer if number < keeping else Layer("shared") for number, layer in enumerate(layers)]


def _with_wide_global_heads(text: dict[str, Any], layers: list[Layer]) -> tuple[Layer, ...]:
    """Some models (Gemma 4) have wider and fewer heads where they see everything."""
    width = text.get("global_head_dim")
    if not width:
        return tuple(layers)
    heads = text.get("num_global_key_value_heads")
    return tuple(
        replace(layer, key_dim=int(width), value_dim=int(width), kv_heads=int(heads or layer.kv_heads))
        if layer.kind == "full"
        else layer
        for layer in layers
    )
