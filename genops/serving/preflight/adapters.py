"""Whether LoRA adapters belong to the model, and vLLM takes them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import chain
from pathlib import Path

from genops.errors import DefinitionError
from genops.models.adapter_place import adapter_place
from genops.serving.files.adapter_folder import AdapterFolder, read_adapter
from genops.serving.files.digests import adapter_digest
from genops.serving.files.place import ModelFiles, repository_of
from genops.serving.files.template import chat_template
from genops.serving.files.vocabulary import vocabulary_of
from genops.serving.preflight.finding import Finding, error, of_error, warning
from genops.serving.preflight.subject import Subject
from genops.vllm_settings import VllmSettings

RANKS = (1, 8, 16, 32, 64, 128, 256, 320, 512)
"""Values that vLLM takes for the highest rank; another is rounded up when the server is started."""

PICKLED = error(
    "pickle_weights",
    "its weights are a pickle, which can run code when it is read",
    "save it as safetensors; if you trust whoever made it, allow_pickle = true",
)
"""Refused at every start too, checked or not, where ``allow_pickle`` is not set."""

_UNSUPPORTED = ("use_dora", "lora_bias", "alora_invocation_tokens", "layer_replication", "use_qalora", "use_bdlora")


def check_adapters(subject: Subject) -> Iterator[Finding]:
    """Each adapter of the settings, one after the other."""
    for name, settings in subject.block.adapters.items():
        try:
            folder = adapter_place(subject.settings, name, settings)
            digest = adapter_digest(folder, subject.cache)
        except DefinitionError as raised:
            yield _of(name, of_error("adapter_broken", raised))
            continue
        if settings.digest is not None and not digest.startswith(settings.digest):
            yield error(
                "adapter_digest",
                f"adapter {name!r}: its files have the digest {digest[:12]}, the settings say {settings.digest[:12]}",
                "restore the files; or, if the new ones are meant, correct the digest",
            )
        yield from check_adapter(subject, name, folder)


def check_adapter(subject: Subject, name: str, folder: Path) -> Iterator[Finding]:
    """One adapter, in the settings or not, by the files in a folder."""
    try:
        adapter = read_adapter(folder)
    except DefinitionError as raised:
        yield _of(name, of_error("adapter_broken", raised))
        return
    checks = (_taken(subject, adapter), _rank(subject, adapter), _base(subject, adapter), _words(subject, folder))
    yield from (_of(name, finding) for finding in chain.from_iterable(checks))


def _of(name: str, finding: Finding) -> Finding:
    return replace(finding, message=f"adapter {name!r}: {finding.message}")


def _taken(subject: Subject, adapter: AdapterFolder) -> Iterator[Finding]:
    """What PEFT can write and vLLM does not read."""
    for key in _UNSUPPORTED:
        if adapter.config.get(key):
            yield error("adapter_unsupported", f"vLLM does not take {key}", "merge the adapter into the model instead")
    saved = [name for name in adapter.config.get("modules_to_save") or () if name not in ("classifier", "score")]
    if saved:
        yield error(
            "adapter_unsupported",
            f"it replaces whole modules ({', '.join(saved)}), which vLLM does not take",
            "merge the adapter into the model instead",
        )
    if adapter.pickled and not subject.block.allow_pickle:
        yield PICKLED


def _rank(subject: Subject, adapter: AdapterFolder) -> Iterator[Finding]:
    wanted = subject.block.max_lora_rank or RANKS[-1]
    limit = next((rank for rank in RANKS if rank >= wanted), RANKS[-1])
    if adapter.rank < 1:
        yield error("adapter_broken", "adapter_config.json states no rank (r)", "save it again with PEFT")
    elif adapter.rank > limit:
        enough = next((rank for rank in RANKS if rank >= adapter.rank), None)
        yield error(
            "adapter_rank",
            f"its rank is {adapter.rank}, the highest allowed {limit}",
            f"max_lora_rank = {enough}" if enough else "vLLM takes no higher rank: merge it into the model instead",
        )


def _base(subject: Subject, adapter: AdapterFolder) -> Iterator[Finding]:
    """By the shapes where they are known, else by the name that the trainer noted."""
    shapes = {tensor.name.removesuffix(".weight"): tensor.shape for tensor in subject.tensors if len(tensor.shape) == 2}
    known = {module for module in adapter.inputs() if module in shapes}
    if subject.measured and adapter.inputs() and subject.shape is not None and subject.shape.quantization is None:
        missing = sorted(set(adapter.inputs()) - known)
        wrong = [
            module
            for module in sorted(known)
            if (adapter.outputs().get(module), adapter.inputs()[module]) != shapes[module]
        ]
        if wrong:
            module = wrong[0]
            yield error(
                "adapter_base",
                f"{module} is {adapter.outputs().get(module)} x {adapter.inputs()[module]} in it and "
                f"{shapes[module][0]} x {shapes[module][1]} in the model",
                f"it was trained for {adapter.base or 'another model'}: serve that one",
            )
            return
        if missing and subject.shape.text is subject.shape.config:
            yield error(
                "adapter_base",
                f"it changes {len(missing):,} modules that the model does not have ({missing[0]})",
                f"it was trained for {adapter.base or 'another model'}: serve that one",
            )
            return
    model = subject.files.repository or subject.files.folder.name
    if adapter.base and _last(adapter.base) not in (_last(repository_of(subject.alias)), _last(model)):
        yield warning(
            "adapter_base",
            f"it was trained for {adapter.base}, and the model is {model}",
            "its shapes fit; check that it is the same model" if known else "check that it is the same model",
        )


def _words(subject: Subject, folder: Path) -> Iterator[Finding]:
    """The tokenizer that was saved beside the adapter is the one that it was trained with."""
    try:
        own, base = vocabulary_of(folder), subject.words
    except DefinitionError as raised:
        yield of_error("tokenizer_broken", raised)
        return
    if own is None or base is None or own.size is None or base.size is None:
        return
    moved = [text for text, number in own.added.items() if base.added.get(text, number) != number]
    new = [text for text in own.added if base.added and text not in base.added]
    if own.size != base.size or moved or new:
        which = f" ({', '.join(repr(text) for text in (moved or new)[:3])})" if moved or new else ""
        yield error(
            "adapter_vocabulary",
            f"it was trained with {own.size:,} tokens, the model has {base.size:,}{which}",
            "vLLM serves one vocabulary: merge the adapter and its tokens into the model",
        )
    for role in ("bos_token", "eos_token"):
        one, other = own.roles.get(role), base.roles.get(role)
        if one and other and one != other:
            yield warning("adapter_special_tokens", f"it was trained with {role} {one!r}, the model has {other!r}")
    trained = _template(subject, VllmSettings(), ModelFiles(folder))
    if trained is not None and trained != _template(subject, subject.block, subject.files):
        yield warning(
            "adapter_template",
            "it was trained with another chat template than the one that is served",
            'serve it from an alias of its own with that template: chat_template = "FILE"',
        )


def _template(subject: Subject, block: VllmSettings, files: ModelFiles) -> str | None:
    try:
        found = chat_template(subject.settings, block, files)
    except DefinitionError:
        return None  # reported where the model's own is checked
    return found.text if found else None


def _last(name: str) -> str:
    return name.rstrip("/").rpartition("/")[2].lower()
