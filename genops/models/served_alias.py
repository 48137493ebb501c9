"""A model that genops serves itself: which alias's servers answer for an alias, and what of them shapes its answers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from genops.artifacts import Component, adapter_component, file_digest
from genops.errors import DefinitionError, nearest
from genops.models.adapter_place import adapter_place
from genops.settings import ModelAlias, Settings
from genops.settings_file import origin
from genops.vllm_settings import VllmSettings

DIGESTS = "digests"
"""Folder, in the project's data, of the digests of large files."""

_AS_THEY_ARE = (
    "dtype",
    "quantization",
    "kv_cache_dtype",
    "structured_outputs",
    "tool_call_parser",
    "reasoning_parser",
    "extra",
)


def serving_alias(settings: Settings, name: str, alias: ModelAlias) -> tuple[str, ModelAlias]:
    """The alias whose server answers for an alias: the one that ``served_by`` names, or itself.

    Raises:
        DefinitionError: ``served_by`` names none, or one that serves another model or is itself served by another.
    """
    if alias.served_by is None:
        return name, alias
    at = origin(["models", name, "served_by"], settings.source)
    other = settings.models.get(alias.served_by)
    if other is None:
        raise DefinitionError(
            f"model alias {name!r}: served_by names no model alias: {alias.served_by!r}",
            at=at,
            hint=nearest(alias.served_by, settings.models),
        )
    if alias.vllm is not None:
        problem, hint = "has a vllm block of its own and served_by", "keep one of the two"
    elif other.served_by is not None:
        problem, hint = f"is served by {alias.served_by!r}, which is served by another", f"name {other.served_by!r}"
    elif other.model != alias.model or other.revision != alias.revision:
        problem = f"is {_called(alias)} and served by {alias.served_by!r}, which is {_called(other)}"
        hint = "both name the model that the server loads; an adapter is named by `adapter`"
    else:
        return alias.served_by, other
    raise DefinitionError(f"model alias {name!r} {problem}", at=at, hint=hint)


def served_adapter(settings: Settings, name: str, alias: ModelAlias, block: VllmSettings | None) -> Component | None:
    """The adapter that an alias asks for, as a component; None where the settings do not say what is in it.

    Raises:
        DefinitionError: Its files are not there, or are others than the settings pin.
    """
    if alias.adapter is None or block is None or alias.adapter not in block.adapters:
        return None
    wanted = block.adapters[alias.adapter]
    component = adapter_component(alias.adapter, adapter_place(settings, alias.adapter, wanted), digest_cache(settings))
    if wanted.digest is not None and not component.digest.startswith(wanted.digest):
        raise DefinitionError(
            f"model alias {name!r}: the adapter {alias.adapter!r} has the digest {component.digest[:12]}, and the "
            f"settings pin {wanted.digest[:12]}",
            at=origin(["models", name, "adapter"], settings.source),
            hint=f"put the files of {wanted.digest[:12]} back, or write the new digest into the settings",
        )
    return component


def serving_shape(settings: Settings, name: str, block: VllmSettings) -> dict[str, Any]:
    """What of a server shapes its answers, where it is not vLLM's own default.

    That is number formats, templates and parsers, and further flags, which may be anything; not how much fits, how
    it is spread over GPUs, or speculation, which leaves the distribution of the answers as it is.

    Raises:
        DefinitionError: The chat template or the generation config is not there.
    """
    default = VllmSettings()
    shape = {field: value for field in _AS_THEY_ARE if (value := getattr(block, field)) != getattr(default, field)}
    if block.chat_template is not None:
        shape["chat_template"] = _digest(settings, name, "chat_template", block.chat_template)
    if block.generation_config == "auto":
        shape["generation_config"] = "auto"
    elif block.generation_config != default.generation_config:
        file = Path(block.generation_config) / "generation_config.json"
        shape["generation_config"] = _digest(settings, name, "generation_config", file)
    return shape


def digest_cache(settings: Settings) -> Path:
    """Where digests of large files are kept."""
    return settings.data_dir / DIGESTS


def _digest(settings: Settings, name: str, field: str, file: Path) -> str:
    try:
        return file_digest(settings.root / file, digest_cache(settings))
    except OSError as error:
        raise DefinitionError(
            f"model alias {name!r}: vllm.{field}: {file} cannot be read: {error.strerror}",
            at=origin(["models", name, "vllm", field], settings.source),
            hint="the path is relative to the project",
        ) from None


def _called(alias: ModelAlias) -> str:
    return f"{alias.model}@{alias.revision}" if alias.revision else alias.model
