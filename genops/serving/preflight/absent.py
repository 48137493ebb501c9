"""A model whose files are not here: what its settings alone can tell."""

from __future__ import annotations

import os
from collections.abc import Iterator

from genops.serving.files.place import ModelFiles, NotDownloaded, cached_repository, hub_cache, repository_of
from genops.serving.preflight.adapters import check_adapters
from genops.serving.preflight.finding import Finding, error, warning
from genops.serving.preflight.papers import free_room
from genops.serving.preflight.subject import Subject
from genops.serving.preflight.words import check_sampling, check_template, check_tokenizer
from genops.settings import ModelAlias, Settings

_NOT_LOOKED_AT = "its configuration, weights, tokenizer and licence were not looked at"


def absent_files(settings: Settings, alias: ModelAlias) -> ModelFiles:
    """Where the files of a model would be that is not here."""
    local = alias.file if (alias.file or "").endswith(".gguf") else alias.vllm.path if alias.vllm else None
    if local is not None:
        path = settings.root / local
        return ModelFiles(path, gguf=path if path.suffix == ".gguf" else None)
    repository = repository_of(alias)
    place = cached_repository(hub_cache(alias), repository)
    return ModelFiles(place / "snapshots" / (alias.revision or "main"), repository)


def not_downloaded(alias: ModelAlias, raised: NotDownloaded) -> list[Finding]:
    """A model of the hub that the server would fetch, if it may."""
    own = {**os.environ, **(alias.vllm.environment if alias.vllm else {})}
    offline = str(own.get("HF_HUB_OFFLINE", "")).upper() in ("1", "ON", "YES", "TRUE")
    fetched = "and HF_HUB_OFFLINE forbids to fetch it" if offline else "a start would fetch it"
    make = error if offline else warning
    message = f"{raised.message}: {fetched}; {_NOT_LOOKED_AT}"
    return [make("not_downloaded", message, raised.hint or ""), free_room(alias)]


def check_absent(subject: Subject) -> Iterator[Finding]:
    """The checks of what the settings name beside the model: tokenizer, sampling defaults, template, adapters."""
    if subject.tokenizer_folder.is_dir():
        yield from check_tokenizer(subject)
    if subject.block.generation_config not in ("auto", "vllm"):
        yield from check_sampling(subject)
    if subject.block.chat_template is not None:
        yield from check_template(subject)
    yield from check_adapters(subject)
