"""The preflight of an alias: everything that would make its start or its answers fail, found at once."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from genops.errors import DefinitionError
from genops.serving.files.place import NotDownloaded, model_files
from genops.serving.files.read_json import read_json
from genops.serving.preflight.absent import absent_files, check_absent, not_downloaded
from genops.serving.preflight.adapters import check_adapters
from genops.serving.preflight.code import check_code
from genops.serving.preflight.engine import check_flags, installation_of, is_cpu_build
from genops.serving.preflight.finding import Finding, error, note, of_error, warning
from genops.serving.preflight.gguf import check_gguf
from genops.serving.preflight.memory import check_fit, check_gpus, check_shape, fit_on
from genops.serving.preflight.papers import check_disk, check_licence, check_revision, licence_here
from genops.serving.preflight.report import Preflight, Sizes, in_order
from genops.serving.preflight.subject import Subject
from genops.serving.preflight.weights import check_hashes, check_weights, parameters
from genops.serving.preflight.words import check_sampling, check_template, check_tokenizer
from genops.serving.sizing.gpus import Gpus, named_gpus, present_gpus, this_cpu
from genops.serving.sizing.parameters import tensors_of
from genops.serving.sizing.shape import ModelShape, model_shape
from genops.settings import Settings

NO_GPUS = Gpus("", 1, 0, 0)


def preflight(
    settings: Settings, alias_name: str, gpu: str | None = None, *, context: int | None = None, read: bool = False
) -> Preflight:
    """Looks at a model's files, settings and GPUs. Nothing is fetched, and of the weights only headers are read.

    Of a model that is not here the settings alone are looked at: vLLM and its flags, template, adapters, GPUs.

    Args:
        settings: Of the project.
        alias_name: An alias with a ``vllm`` table, or with a GGUF ``file``.
        gpu: GPUs to size for (``h200x2``, ``24GiB``, ``cpu``); default: those of this machine.
        context: Longest input and output together, in place of the settings', in tokens.
        read: Whether the weights are read after all, once, to compare their hashes.

    Raises:
        ReferenceNotFound: There is no such alias.
        UsageError: There is no such GPU, or the alias has nothing to check.
    """
    named = named_gpus(gpu) if gpu is not None else None
    subject, found = _located(settings, alias_name, read=read)
    found += check_revision(subject)
    engine = installation_of(subject)
    if isinstance(engine, Finding):
        found.append(engine)
    elif engine is not None:
        found += check_flags(subject, engine)
    target = named or (this_cpu() if is_cpu_build(engine) else present_gpus(_visible(subject)))
    found += check_gpus(subject, target)
    version = str(engine) if engine is not None and not isinstance(engine, Finding) else None
    if subject.here:
        return _of_files(subject, found, version, target, context)
    found += check_absent(subject)
    return Preflight(
        alias_name,
        subject.alias.model,
        vllm=version,
        adapters=subject.adapters,
        findings=in_order(found),
        looked_at=False,
    )


def _located(settings: Settings, name: str, *, read: bool) -> tuple[Subject, list[Finding]]:
    """The model with its files; where they are not here, with what is to be said of that."""
    alias = settings.alias(name)
    try:
        return Subject(settings, name, alias, model_files(settings, name), read=read), []
    except NotDownloaded as raised:
        found = not_downloaded(alias, raised)
    except DefinitionError as raised:
        if alias.vllm is None and not (alias.file or "").endswith(".gguf"):
            raise
        found = [of_error("model_missing", raised)]
    return Subject(settings, name, alias, absent_files(settings, alias), here=False), found


def _of_files(
    subject: Subject, found: list[Finding], version: str | None, target: Gpus | None, context: int | None
) -> Preflight:
    """The checks of a model's files, and all that was found."""
    files = subject.files
    found += check_gguf(subject) if files.gguf is not None else _check_folder(subject)
    sizes = None
    if subject.shape is not None and subject.tensors:
        found += check_shape(subject, subject.shape, target, context)
        sizes, of_memory = _sizes(subject, subject.shape, target, context)
        found += of_memory
    licence = licence_here(subject)
    found += check_licence(subject, licence)
    found += check_disk(files, sum(tensor.nbytes for tensor in subject.tensors))
    found += check_hashes(subject)
    shape = subject.shape
    return Preflight(
        subject.name,
        subject.alias.model,
        str(files.gguf or files.folder),
        files.commit,
        shape.architecture if shape else "",
        parameters(subject.tensors) if subject.tensors else None,
        shape.dtype if shape else None,
        shape.quantization if shape else None,
        licence,
        shape.context if shape else None,
        version,
        subject.adapters,
        sizes,
        in_order(found),
        measured=subject.measured,
    )


def _check_folder(subject: Subject) -> Iterator[Finding]:
    """The checks of a folder as the hub has it."""
    path = subject.files.file("config.json")
    config: dict[str, Any] = {}
    if path is None:
        yield error(
            "config_missing",
            f"{subject.files.folder} holds no config.json",
            "fetch the model again: it may be half of one; or correct the path",
        )
    else:
        try:
            config = read_json(path)
        except DefinitionError as raised:
            yield of_error("config_broken", raised)
        else:
            yield from _read_shape(subject, config)
    yield from check_code(subject, config)
    yield from check_weights(subject)
    if not subject.tensors and subject.shape is not None:
        subject.tensors = tensors_of(subject.shape)
    yield from check_tokenizer(subject)
    yield from check_sampling(subject)
    yield from check_template(subject)
    yield from check_adapters(subject)


def _read_shape(subject: Subject, config: dict[str, Any]) -> Iterator[Finding]:
    """What cannot be sized may still be served: an encoder, or a decoder of a kind that is new."""
    try:
        subject.shape = model_shape(config)
    except DefinitionError as raised:
        if config.get("architectures") or config.get("model_type"):
            yield warning("not_sized", raised.message, "read in the server's log how much memory is left for its cache")
        else:
            yield of_error("config_broken", raised)


def _sizes(
    subject: Subject, shape: ModelShape, target: Gpus | None, context: int | None
) -> tuple[Sizes | None, list[Finding]]:
    try:
        fit = fit_on(subject, shape, target or NO_GPUS, context)
        needed = fit.setting.parallel.gpus
        common = (needed, fit.weights, fit.token, fit.long_token, fit.sequence, fit.setting.context)
        if target is None:
            return Sizes("", *common), [
                note("no_gpus", "there are no GPUs here and none were named", "name some: --gpu h100, --gpu l4x2")
            ]
        more = (fit.overhead, fit.budget, fit.available, fit.longest, round(fit.concurrent, 2))
        return Sizes(str(target), *common, *more), list(check_fit(subject, shape, fit, target))
    except (ArithmeticError, IndexError, LookupError, ValueError) as raised:
        return None, [warning("not_sized", f"the model cannot be sized: {type(raised).__name__}: {raised}")]


def _visible(subject: Subject) -> str | None:
    return subject.block.environment.get("CUDA_VISIBLE_DEVICES")
