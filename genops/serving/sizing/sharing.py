"""How a model's weights are shared out over GPUs."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from genops.serving.files.tensor import Tensor
from genops.serving.sizing.shape import DTYPE_BYTES, ModelShape

_ALL_HAVE = re.compile(
    r"norm|(?:^|\.)gate\.|router|shared_expert_gate|q_a_proj|kv_a_proj|fused_qkv_a|rotary|position_emb|\.wpe\.|e_score|inv_freq|sinks"
)
_KEYS_AND_VALUES = re.compile(r"\.(?:k_proj|v_proj|key|value)\.|attn_[kv]\.weight")
_EXPERTS = re.compile(r"\.experts\.|_exps\.")
_HEAD = re.compile(r"lm_head|^output\.weight|embed_out|output_layer")
_EMBEDDING = re.compile(r"embed_tokens|\.wte\.|word_embeddings|tok_embeddings|^token_embd|embed_in")
_KEPT_WIDE = re.compile(r"embed|lm_head|norm|(?:^|\.)gate\.|router|wte|wpe|token_embd|^output\.weight")

ONLINE = {"fp8": 8, "fp8_per_tensor": 8, "fp8_per_block": 8, "bitsandbytes": 4, "experts_int8": 8, "mxfp8": 8}
"""Methods that quantise weights while they are loaded, with the bits that a weight then has."""


AS_STORED = "stored"
"""In place of a type: numbers keep the one that the file gives them."""


@dataclass(frozen=True, slots=True)
class Parallel:
    """Over how many GPUs a model is spread.

    Attributes:
        tensor: GPUs that share each layer.
        pipeline: GPUs, or groups of them, that share the layers.
        data: Copies of the engine; they share the experts of a mixture.
    """

    tensor: int = 1
    pipeline: int = 1
    data: int = 1

    @property
    def gpus(self) -> int:
        """How many there must be."""
        return self.tensor * self.pipeline * self.data


def stages_of(count: int, stages: int) -> list[range]:
    """The layers of each pipeline stage. What does not divide evenly goes to the stages before the last."""
    sizes = [count // stages] * stages
    for number in range(2, count % stages + 2):
        sizes[-number] += 1
    starts = [sum(sizes[:number]) for number in range(stages)]
    return [range(start, start + size) for start, size in zip(starts, sizes, strict=True)]


def weights_per_gpu(
    tensors: Iterable[Tensor], shape: ModelShape, parallel: Parallel, *, dtype: str, online: str | None = None
) -> list[int]:
    """Bytes of weights on one GPU of each pipeline stage.

    Matrices are cut over the GPUs of a stage, norms and routers are on each; keys' and values' projections are repeated
    when there are more GPUs than heads. Each stage keeps what lies outside the layers if it needs it: the first the
    embedding, the last the head and, when that is the embedding, the embedding again.

    Args:
        tensors: Of the checkpoint.
        shape: Of the model.
        parallel: Over how many GPUs.
        dtype: That numbers of 16 and 32 bits are cast to, as safetensors names it, or :data:`AS_STORED`.
        online: A method of :data:`ONLINE` by which they are quantised while they are loaded.
    """
    stages = stages_of(len(shape.layers), parallel.pipeline)
    place = {number: stage for stage, layers in enumerate(stages) for number in layers}
    totals = [0.0] * len(stages)
    last = len(stages) - 1
    for tensor in tensors:
        size = _loaded(tensor, dtype, online) / _ways(tensor, shape, parallel)
        layer = tensor.layer
        if layer is not None:
            if layer in place:  # what lies behind the last layer predicts further tokens and is left out
                totals[place[layer]] += size
        elif _HEAD.search(tensor.name):
            totals[last] += 0 if shape.tied else size
        elif _EMBEDDING.search(tensor.name):
            totals[0] += size
            totals[last] += size if shape.tied and last else 0
        else:
            totals[0 if "vis" in tensor.name else last] += size
    return [int(total) for total in totals]


def _ways(tensor: Tensor, shape: ModelShape, parallel: Parallel) -> float:
    """Among how many GPUs of a stage a tensor is shared out."""
    if _ALL_HAVE.search(tensor.name) or (len(tensor.shape) < 2 and tensor.dtype not in ("U8", "I32")):
        return 1
    if _EXPERTS.search(tensor.name):
        return parallel.tensor * parallel.data
    if _KEYS_AND_VALUES.search(tensor.name):
        return min(parallel.tensor, shape.kv_heads)
    return parallel.tensor


def _loaded(tensor: Tensor, dtype: str, online: str | None) -> float:
    """Bytes of a tensor once it is loaded."""
    if tensor.dtype not in ("F32", "F16", "BF16"):
        return tensor.nbytes
    size = DTYPE_BYTES[tensor.dtype]
    numbers = tensor.nbytes / size
    if online in ONLINE and len(tensor.shape) > 1 and not _KEPT_WIDE.search(tensor.name):
        return numbers * ONLINE[online] / 8
    if "scale" in tensor.name:
        return tensor.nbytes
    return numbers * DTYPE_BYTES.get(dtype, size)
