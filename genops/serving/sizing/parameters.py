"""The weights of a model as its config.json implies them, where no file says."""

from __future__ import annotations

from collections.abc import Iterator
from math import prod

from genops.serving.files.tensor import Tensor
from genops.serving.sizing.shape import DTYPE_BYTES, ModelShape


def tensors_of(shape: ModelShape) -> tuple[Tensor, ...]:
    """The weights of a decoder of the usual build, named as a checkpoint names them, in the model's own type.

    Attention by heads or latent, dense or mixed feed-forward layers, embeddings and head. What a model has besides
    (a vision tower, layers with a state) is not in it: files are the better source.
    """
    size = DTYPE_BYTES[shape.dtype]
    return tuple(Tensor(name, shape.dtype, sides, prod(sides) * size) for name, sides in _weights(shape))


def _weights(shape: ModelShape) -> Iterator[tuple[str, tuple[int, ...]]]:
    yield "model.embed_tokens.weight", (shape.vocabulary, shape.hidden)
    for number in range(len(shape.layers)):
        place = f"model.layers.{number}"
        norms = 4 if shape.model_type.startswith(("gemma2", "gemma3")) else 2
        yield from ((f"{place}.norm_{norm}.weight", (shape.hidden,)) for norm in range(norms))
        attention = _latent(shape) if shape.layers[number].kind == "latent" else _attention(shape, number)
        yield from ((f"{place}.self_attn.{name}", sides) for name, sides in attention)
        yield from ((f"{place}.mlp.{name}", sides) for name, sides in _feed_forward(shape, number))
    yield "model.norm.weight", (shape.hidden,)
    if not shape.tied:
        yield "lm_head.weight", (shape.vocabulary, shape.hidden)


def _attention(shape: ModelShape, number: int) -> Iterator[tuple[str, tuple[int, ...]]]:
    layer = shape.layers[number]
    if layer.kind in ("none", "state"):
        return
    heads = layer.kv_heads or shape.kv_heads
    keys, values = layer.key_dim or shape.head_dim, layer.value_dim or shape.head_dim
    sizes = {"q": shape.heads * keys, "k": heads * keys, "v": heads * values}
    for name, out in sizes.items():
        yield f"{name}_proj.weight", (out, shape.hidden)
        if shape.text.get("attention_bias") or shape.model_type in ("qwen2", "qwen2_moe"):
            yield f"{name}_proj.bias", (out,)
    yield "o_proj.weight", (shape.hidden, shape.heads * values)
    if shape.model_type.startswith(("qwen3", "gemma3")):
        yield "q_norm.weight", (keys,)
        yield "k_norm.weight", (keys,)


def _latent(shape: ModelShape) -> Iterator[tuple[str, tuple[int, ...]]]:
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


def _feed_forward(shape: ModelShape, number: int) -> Iterator[tuple[str, tuple[int, ...]]]:
    experts = shape.experts
    if experts is None or number not in experts.layers:
        yield from _gated("", shape.hidden, shape.width)
        return
    yield "gate.weight", (experts.count, shape.hidden)
    for name in ("gate_proj", "up_proj", "down_proj"):
        yield f"experts.{name}", (experts.count, shape.hidden, experts.width)
    if experts.shared_width:
        yield from _gated("shared_experts.", shape.hidden, experts.shared_width)


def _gated(place: str, hidden: int, width: int) -> Iterator[tuple[str, tuple[int, ...]]]:
    yield f"{place}gate_proj.weight", (width, hidden)
    yield f"{place}up_proj.weight", (width, hidden)
    yield f"{place}down_proj.weight", (hidden, width)
