"""Whether a model fits on GPUs: weights, what the engine needs besides, and what that leaves for sequences."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from genops.serving.files.tensor import Tensor
from genops.serving.sizing.gpus import GIB, Gpus
from genops.serving.sizing.kv_cache import KvCache
from genops.serving.sizing.shape import DTYPE_BYTES, ModelShape
from genops.serving.sizing.sharing import Parallel, stages_of, weights_per_gpu

UTILISATION = 0.92
"""The share of a GPU's memory that vLLM takes unless told otherwise (0.32)."""

_CONTEXT_OF_A_PROCESS = int(0.6 * GIB)
_GRAPHS = int(0.6 * GIB)
_COLLECTIVES = int(0.5 * GIB)
_CPU_PROCESS = int(1.2 * GIB)
_FIRST_FP8 = (8, 0)
_LARGE, _HUGE = 70 * GIB, 160 * GIB


@dataclass(frozen=True, slots=True)
class Setting:
    """How a model is to be served, as far as memory goes.

    Attributes:
        parallel: Over how many GPUs.
        dtype: Of weights and activations, as safetensors names it, or ``AS_STORED``.
        kv_bits: Of a number in the KV cache.
        online: The method by which weights are quantised while they are loaded, if any.
        utilisation: Share of each GPU's memory that the engine may use.
        context: Longest input and output together, in tokens.
        sequences: In one batch; None for vLLM's default.
        batched: Tokens of one step; None for vLLM's default.
        windowed: Whether the engine frees what has left a sliding window.
        eager: Whether it captures no graphs.
        overlapped: Whether it schedules a step while the one before is computed.
        kv_bytes: Bytes of the KV cache, where the settings fix them.
        adapters: LoRA adapters that are held at once.
        rank: Highest rank of one.
    """

    parallel: Parallel
    dtype: str
    kv_bits: int
    online: str | None
    utilisation: float
    context: int
    sequences: int | None = None
    batched: int | None = None
    windowed: bool = True
    eager: bool = False
    overlapped: bool = True
    kv_bytes: int | None = None
    adapters: int = 0
    rank: int = 0

    def batched_on(self, gpus: Gpus) -> int:
        """Tokens of one step: vLLM's default for a server goes by the memory of the GPU."""
        default = 2048
        if not gpus.cpu and gpus.memory >= _HUGE:
            default = 16384
        elif not gpus.cpu and gpus.memory >= _LARGE and "a100" not in gpus.name.lower():
            default = 8192
        return self.batched or default

    def in_flight_on(self, gpus: Gpus) -> int:
        """Tokens of all steps that may be under way: the next begins before the last has ended, on GPUs."""
        steps = 1 if gpus.cpu or not self.overlapped else self.parallel.pipeline + 1
        return steps * self.batched_on(gpus)

    def sequences_on(self, gpus: Gpus) -> int:
        """Sequences of one step, likewise."""
        large = not gpus.cpu and gpus.memory >= _LARGE and "a100" not in gpus.name.lower()
        return self.sequences or (128 if gpus.cpu else 1024 if large else 256)


@dataclass(frozen=True, slots=True)
class Fit:
    """What a setting comes to on some GPUs; all bytes are of the GPU that is fullest.

    Attributes:
        setting: The setting.
        weights: Bytes of the weights.
        overhead: Bytes that the engine needs besides: an estimate.
        budget: Bytes that the engine may use.
        available: Bytes left for the KV cache; below 0 when the rest does not fit.
        token: Bytes of the KV cache that one token takes.
        long_token: Bytes that it keeps once it has left every sliding window.
        sequence: Bytes of one sequence of the wanted length.
        longest: Longest sequence that fits, in tokens, up to what the model is made for.
        concurrent: Sequences of the wanted length that fit at once.
    """

    setting: Setting
    weights: int
    overhead: int
    budget: int
    available: int
    token: int
    long_token: int
    sequence: int
    longest: int
    concurrent: float

    @property
    def fits(self) -> bool:
        """Whether at least one sequence of the wanted length does."""
        return self.available > 0 and self.sequence <= self.available


def fit(shape: ModelShape, tensors: Iterable[Tensor], setting: Setting, gpus: Gpus) -> Fit:
    """What a setting comes to on some GPUs.

    Args:
        shape: Of the model.
        tensors: Its weights.
        setting: How it is to be served.
        gpus: On what.
    """
    parallel = setting.parallel
    weights = weights_per_gpu(tensors, shape, parallel, dtype=setting.dtype, online=setting.online)
    stages = [kv_cache(shape, setting, gpus, layers) for layers in stages_of(len(shape.layers), parallel.pipeline)]
    overhead = _overhead(shape, setting, gpus)
    budget = int(gpus.memory * setting.utilisation)
    limit = max(setting.context, shape.context or 0)
    fits = [_stage(one, stage, setting, overhead, budget, limit) for one, stage in zip(weights, stages, strict=True)]
    return min(fits, key=lambda one: (one.longest, one.concurrent))


def kv_cache(shape: ModelShape, setting: Setting, gpus: Gpus, layers: range | None = None) -> KvCache:
    """What some layers (default: all) keep under a setting."""
    own = DTYPE_BYTES.get(setting.dtype, 2)
    named = str(shape.text.get("mamba_ssm_dtype") or "")
    return KvCache(
        shape.layers if layers is None else shape.layers[layers.start : layers.stop],
        setting.parallel.tensor,
        setting.kv_bits,
        (own, 4 if named == "float32" else own),
        setting.in_flight_on(gpus),
        setting.windowed,
    )


def _stage(weights: int, cache: KvCache, setting: Setting, overhead: int, budget: int, limit: int) -> Fit:
    available = budget - weights - overhead if setting.kv_bytes is None else setting.kv_bytes
    sequence = cache.sequence_bytes(setting.context)
    return Fit(
        setting,
        weights,
        overhead,
        budget,
        available,
        cache.token_bytes(),
        cache.long_token_bytes(),
        sequence,
        cache.longest(max(0, available), limit),
        max(0.0, available / sequence) if sequence else float(setting.sequences or 1),
    )


def _overhead(shape: ModelShape, setting: Setting, gpus: Gpus) -> int:
    """What an engine needs beside weights and cache: its own process, graphs, adapters, and one step's activations."""
    own = DTYPE_BYTES.get(setting.dtype, 2)
    tensor = setting.parallel.tensor
    tokens, rows = setting.batched_on(gpus), setting.sequences_on(gpus)
    width = 3 * shape.width // tensor
    if shape.experts is not None:
        width = shape.experts.active * (3 * shape.experts.width // tensor + shape.hidden)
    step = tokens * (4 * shape.hidden + width) * own
    scores = rows * shape.vocabulary * 10
    adapters = setting.adapters * setting.rank * _adapted_width(shape) * own // tensor
    if gpus.cpu:
        return _CPU_PROCESS + max(step, scores) + adapters
    fixed = _CONTEXT_OF_A_PROCESS + (0 if setting.eager else _GRAPHS) + (_COLLECTIVES if tensor > 1 else 0)
    return fixed + max(step, scores) + adapters


def _adapted_width(shape: ModelShape) -> int:
    """Inputs and outputs of all matrices that an adapter may change, over all layers; of a mixture not the experts."""
    attention = 4 * shape.hidden + 2 * (shape.heads + shape.kv_heads) * shape.head_dim
    feed = 3 * (shape.hidden + shape.width) if shape.experts is None else 0
    return len(shape.layers) * (attention + feed)


def smaller(shape: ModelShape, tensors: tuple[Tensor, ...], found: Fit, gpus: Gpus, *, limit: int) -> list[Fit]:
    """Settings near to one that does not fit, each of which does: the least change first.

    The cache in FP8, more of the GPUs, weights in FP8, two of these, and then a shorter context.

    Args:
        shape: Of the model.
        tensors: Its weights.
        found: What does not fit.
        gpus: On what.
        limit: GPUs that may be used.
    """
    setting = found.setting
    wider = [
        replace(setting, parallel=replace(setting.parallel, tensor=tensor))
        for tensor in range(
            setting.parallel.tensor + 1, limit // (setting.parallel.pipeline * setting.parallel.data) + 1
        )
        if shape.heads % tensor == 0
    ]
    bases = [setting, *wider[:3]]
    tried = [replace(base, kv_bits=8) for base in bases if base.kv_bits > 8 and _takes_fp8(gpus)]
    tried += wider
    if setting.online is None and shape.quantization is None and _takes_fp8(gpus):
        tried += [replace(base, online="fp8") for base in bases]
        tried += [replace(base, online="fp8", kv_bits=8) for base in bases]
    fits = [one for setting in tried if (one := fit(shape, tensors, setting, gpus)).fits]
    fits.sort(key=lambda one: _changes(one.setting, setting))
    whole = {one.setting for one in fits}
    return [*fits[:2], *_shorter(shape, tensors, found, gpus, [one for one in [setting, *tried] if one not in whole])]


def _takes_fp8(gpus: Gpus) -> bool:
    """Whether vLLM has kernels for FP8 there: on NVIDIA's GPUs since Ampere."""
    return not gpus.cpu and (gpus.capability is None or gpus.capability >= _FIRST_FP8)


def _changes(new: Setting, old: Setting) -> tuple[int, int]:
    """How far a setting is from another: number of changes, then GPUs."""
    changed = (new.kv_bits != old.kv_bits) + (new.parallel != old.parallel) + 2 * (new.online != old.online)
    return changed, new.parallel.gpus


def _shorter(
    shape: ModelShape, tensors: tuple[Tensor, ...], found: Fit, gpus: Gpus, settings: list[Setting]
) -> list[Fit]:
    """The least changed setting that fits with a shorter context, in whole thousands where that leaves enough."""
    for setting in sorted(settings, key=lambda one: _changes(one, found.setting)):
        longest = min(fit(shape, tensors, setting, gpus).longest, found.setting.context)
        rounded = longest // 1024 * 1024 or longest // 16 * 16
        if rounded >= 16 and (one := fit(shape, tensors, replace(setting, context=rounded), gpus)).fits:
            return [one]
    return []
