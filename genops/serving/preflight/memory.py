"""Whether a model fits where it is to be served, and what would."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

from genops.serving.preflight.finding import Finding, error, note, warning
from genops.serving.preflight.subject import Subject
from genops.serving.sizing.fit import UTILISATION, Fit, Setting, fit, smaller
from genops.serving.sizing.gpus import GIB, Gpus
from genops.serving.sizing.kv_cache import kv_bits
from genops.serving.sizing.layers import unknown_kinds
from genops.serving.sizing.shape import DTYPE_BYTES, DTYPES, ModelShape
from genops.serving.sizing.sharing import AS_STORED, ONLINE, Parallel

CPU_HEADS = (32, 64, 80, 96, 112, 128, 160, 192, 224, 256, 512)
"""Widths of heads that the CPU backend has kernels for (vLLM 0.32)."""

_HALF_ONLY_BELOW = (8, 0)


def setting_of(subject: Subject, shape: ModelShape, gpus: Gpus, context: int | None) -> Setting:
    """What the settings say of memory, with vLLM's defaults where they say nothing.

    Args:
        subject: The model.
        shape: Its measures.
        gpus: Where it is to run.
        context: In place of the settings' longest context.
    """
    block = subject.block
    if subject.files.gguf is not None:
        longest = context or subject.alias.context_length or shape.context or 2048
        return Setting(Parallel(gpus.count), AS_STORED, 16, None, 1.0, longest, sequences=8, batched=2048, eager=True)
    dtype = DTYPES.get(block.dtype, "BF16" if shape.dtype == "F32" else shape.dtype)
    if block.dtype == "auto" and dtype == "BF16" and _no_bfloat16(gpus):
        dtype = "F16"
    bits = kv_bits(block.kv_cache_dtype, DTYPE_BYTES[dtype], _says_fp8_cache(shape))
    return Setting(
        parallel=Parallel(block.tensor_parallel, block.pipeline_parallel, block.data_parallel),
        dtype=dtype,
        kv_bits=bits or 8 * DTYPE_BYTES[dtype],
        online=block.quantization if shape.quantization is None and block.quantization in ONLINE else None,
        utilisation=block.gpu_memory_utilization or UTILISATION,
        context=context or block.max_model_len or shape.context or 2048,
        sequences=block.max_num_seqs,
        batched=_number(subject.flag("max-num-batched-tokens")),
        windowed=not subject.flag("disable-hybrid-kv-cache-manager"),
        eager=bool(subject.flag("enforce-eager")),
        overlapped=not subject.flag("no-async-scheduling") and subject.flag("async-scheduling") is not False,
        kv_bytes=_fixed_cache(subject, gpus),
        adapters=len(block.adapters),
        rank=block.max_lora_rank or 16,
    )


def check_gpus(subject: Subject, gpus: Gpus | None) -> Iterator[Finding]:
    """Whether the GPUs are as many as the settings ask for, free, and of the right kind: no file is needed for that."""
    block = subject.block
    if kv_bits(block.kv_cache_dtype, 2, False) is None:
        yield warning(
            "kv_cache_dtype_unknown", f"kv_cache_dtype = {block.kv_cache_dtype!r} is sized as the model's own type"
        )
    if gpus is None or subject.alias.vllm is None:
        return
    parallel = Parallel(block.tensor_parallel, block.pipeline_parallel, block.data_parallel)
    needed = parallel.gpus * (block.replicas if gpus.present else 1)
    if not gpus.cpu and needed > gpus.count:
        yield error(
            "gpus_missing",
            f"the settings need {needed} GPUs, there are {gpus.count}",
            "lower replicas, tensor_parallel, pipeline_parallel or data_parallel",
        )
    if block.dtype == "bfloat16" and _no_bfloat16(gpus):
        yield error("dtype_unsupported", f"{gpus.name} has no bfloat16", f'{subject.table} dtype = "half"')
    yield from _memory_is_free(subject, gpus)


def check_shape(subject: Subject, shape: ModelShape, gpus: Gpus | None, context: int | None) -> Iterator[Finding]:
    """Whether the layers, heads and positions allow what the settings ask for."""
    block = subject.block
    tensor, stages = block.tensor_parallel, block.pipeline_parallel
    if shape.heads % tensor:
        near = max(size for size in range(1, tensor) if shape.heads % size == 0)
        yield error(
            "heads_not_divisible",
            f"{shape.heads} attention heads cannot be shared by tensor_parallel = {tensor} GPUs",
            f"tensor_parallel = {near}",
        )
    elif not shape.latent and max(tensor, shape.kv_heads) % min(tensor, shape.kv_heads):
        yield error(
            "heads_not_divisible",
            f"{shape.kv_heads} key-value heads cannot be shared by tensor_parallel = {tensor} GPUs",
            "take a number of GPUs that divides them, or a multiple of them",
        )
    elif not shape.latent and tensor > shape.kv_heads:
        yield note(
            "kv_heads_repeated",
            f"{shape.kv_heads} key-value heads on {tensor} GPUs: each is kept {tensor // shape.kv_heads} times",
        )
    if stages > len(shape.layers):
        yield error(
            "too_few_layers", f"pipeline_parallel = {stages} stages for {len(shape.layers)} layers", "take fewer"
        )
    wanted = context or block.max_model_len
    if wanted and shape.context and wanted > shape.context:
        yield error(
            "context_too_long",
            f"a context of {wanted:,} tokens was asked for, the model is made for {shape.context:,}",
            f"max_model_len = {shape.context}",
        )
    unknown = sum(layer.kind == "state" and layer.state is None for layer in shape.layers)
    if unknown:
        yield note("state_not_counted", f"the memory of {unknown} layers with a state is not known and not counted")
    if kinds := unknown_kinds(shape.text):
        yield note("layers_not_known", f"layers of the kind {', '.join(kinds)} are counted as full attention")
    if isinstance(block.speculative, dict) and block.speculative.get("model"):
        yield note("speculative_not_counted", "the memory of the speculative model is not counted")
    yield from _types(subject, shape, gpus)
    if gpus is not None and gpus.cpu and shape.head_dim not in CPU_HEADS and not shape.latent:
        yield error(
            "cpu_heads",
            f"heads of {shape.head_dim} cannot run on vLLM's CPU backend: the server would say that it is healthy and "
            "its engine die at the first request",
            f"it runs heads of {', '.join(map(str, CPU_HEADS))}; serve this model on a GPU, or with llama.cpp",
        )


def check_fit(subject: Subject, shape: ModelShape, found: Fit, gpus: Gpus) -> Iterator[Finding]:
    """Whether weights and at least one sequence fit, and smaller settings that do when they do not."""
    if found.fits:
        if found.concurrent < 2 and found.setting.kv_bytes is None:
            yield warning(
                "little_concurrency",
                f"{found.concurrent:,.1f} sequences of {found.setting.context:,} tokens fit at once: others will wait",
            )
        return
    if subject.files.gguf is not None:
        hint = f"start its server with --ctx-size {found.longest // 16 * 16}" if found.longest >= 16 else ""
        yield error("does_not_fit", _why(subject, found, gpus), hint or "take a smaller quantisation, or larger GPUs")
        return
    limit = max(gpus.count, found.setting.parallel.gpus)
    options = smaller(shape, subject.tensors, found, gpus, limit=limit)
    hint = _offered(subject, options, found)
    yield error("does_not_fit", _why(subject, found, gpus), hint or _more(subject, shape, found, gpus))


def _offered(subject: Subject, options: list[Fit], old: Fit) -> str:
    """Settings that fit, as lines of the file; empty when there are none."""
    lines = [f"# {_comes_to(one)}\n{_written(one, old)}" for one in options]
    ways = "one of these" if len(options) > 1 else "this"
    return "\n".join([f"with {ways} under {subject.table} it would:", *lines]) if lines else ""


def _why(subject: Subject, found: Fit, gpus: Gpus) -> str:
    where = f"on {gpus}"
    implied = "" if subject.measured else " (as config.json implies)"
    if found.available <= 0:
        return (
            f"the weights do not fit {where}: {found.weights / GIB:.1f} GiB of them{implied} and "
            f"{found.overhead / GIB:.1f} GiB for the engine (an estimate), of {found.budget / GIB:.1f} GiB that it may "
            "use"
        )
    return (
        f"a sequence of {found.setting.context:,} tokens does not fit {where}: it needs {found.sequence / GIB:.2f} GiB "
        f"of KV cache and {found.available / GIB:.2f} GiB are left; {found.longest:,} tokens would fit"
    )


def _written(new: Fit, old: Fit) -> str:
    """The settings that differ, as the file has them."""
    parts = []
    if new.setting.parallel != old.setting.parallel:
        parts.append(f"tensor_parallel = {new.setting.parallel.tensor}")
    if new.setting.kv_bits != old.setting.kv_bits:
        parts.append('kv_cache_dtype = "fp8"')
    if new.setting.online != old.setting.online:
        parts.append(f'quantization = "{new.setting.online}"')
    if new.setting.context != old.setting.context:
        parts.append(f"max_model_len = {new.setting.context}")
    return "\n".join(parts)


def _comes_to(found: Fit) -> str:
    return f"{found.concurrent:,.1f} sequences of {found.setting.context:,} tokens at once"


def _more(subject: Subject, shape: ModelShape, found: Fit, gpus: Gpus) -> str:
    """What would fit beyond the GPUs that there are."""
    if gpus.cpu:
        return "raise gpu_memory_utilization, or take a smaller or quantised model"
    sizes = [size for size in (1, 2, 4, 8, 16, 32) if size > found.setting.parallel.tensor and shape.heads % size == 0]
    shorter = ""
    for size in sizes:
        more = Gpus(gpus.name, size * found.setting.parallel.pipeline, gpus.memory, gpus.memory, gpus.capability)
        options = smaller(shape, subject.tensors, found, more, limit=more.count)
        wide = next((one for one in options if one.setting.parallel.tensor == size), None)
        if wide is None:
            continue
        offer = f"on {more}, {_offered(subject, [wide], found)}"
        if wide.setting.context == found.setting.context:
            return offer
        shorter = shorter or offer
    return shorter or "take a smaller or quantised model, or GPUs with more memory"


def _memory_is_free(subject: Subject, gpus: Gpus) -> Iterator[Finding]:
    """vLLM refuses to start when less is free than the share that it may use."""
    utilisation = subject.block.gpu_memory_utilization or UTILISATION
    budget = int(gpus.memory * utilisation)
    fixed = gpus.cpu and _fixed_cache(subject, gpus) is not None
    if not gpus.present or fixed or gpus.free >= budget:
        return
    share = int(gpus.free / gpus.memory * 100) / 100
    what = "memory of this machine" if gpus.cpu else "memory of a GPU"
    yield error(
        "memory_in_use",
        f"{gpus.free / GIB:.1f} GiB of the {what} are free, and the engine would take {budget / GIB:.1f} GiB "
        f"({utilisation:.0%})",
        f"{subject.table} gpu_memory_utilization = {max(0.01, share - 0.01):.2f}, or stop what uses it",
    )


def _types(subject: Subject, shape: ModelShape, gpus: Gpus | None) -> Iterator[Finding]:
    block = subject.block
    if block.quantization and shape.quantization and not _alike(block.quantization, shape.quantization):
        yield error(
            "quantization_mismatch",
            f"quantization = {block.quantization!r}, but the checkpoint is quantised with {shape.quantization!r}",
            "leave quantization out: the files say it",
        )
    elif block.quantization and shape.quantization is None and block.quantization not in ONLINE:
        yield error(
            "quantization_mismatch",
            f"quantization = {block.quantization!r} needs a checkpoint that was quantised so, and this one is not",
            'take such a checkpoint, or quantization = "fp8", which quantises while it loads',
        )
    if gpus is not None and _no_bfloat16(gpus) and block.dtype == "auto" and shape.dtype == "BF16":
        yield warning("dtype_unsupported", f"{gpus.name} has no bfloat16: the model runs in float16")


def _no_bfloat16(gpus: Gpus) -> bool:
    return gpus.capability is not None and gpus.capability < _HALF_ONLY_BELOW


def _alike(wanted: str, own: str) -> bool:
    """Whether one method is a kernel for the other (``awq_marlin`` for ``awq``, ``modelopt_fp4`` for ``modelopt``)."""
    return wanted.partition("_")[0] == own.partition("_")[0]


def _says_fp8_cache(shape: ModelShape) -> bool:
    """Whether a quantised checkpoint brings the scales of an FP8 cache, which vLLM then uses unasked."""
    found: Any = shape.config.get("quantization_config") or shape.config.get("compression_config") or {}
    scheme = found.get("kv_cache_scheme") if isinstance(found, dict) else None
    named = str(found.get("kv_cache_quant_algo") or "") if isinstance(found, dict) else ""
    return named.upper() == "FP8" or (isinstance(scheme, dict) and scheme.get("num_bits") == 8)


def _fixed_cache(subject: Subject, gpus: Gpus) -> int | None:
    """The size of the cache where the settings fix it."""
    fixed = _number(subject.flag("kv-cache-memory-bytes"))
    if fixed is not None or not gpus.cpu:
        return fixed
    name = "VLLM_CPU_KVCACHE_SPACE"
    space = _number(subject.block.environment.get(name) or os.environ.get(name))
    return space * GIB if space else None


def _number(value: Any) -> int | None:
    try:
        return int(value)
    except (TypeError, ValueError):
        return None


def fit_on(subject: Subject, shape: ModelShape, gpus: Gpus, context: int | None) -> Fit:
    """What the settings come to on some GPUs."""
    return fit(shape, subject.tensors, setting_of(subject, shape, gpus, context), gpus)
