"""Whether an adapter may be loaded into a server that runs: what a preflight says of it before a start."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from genops.errors import DefinitionError
from genops.serving.files.place import (
    ModelFiles,
    NotDownloaded,
    cached_repository,
    hub_cache,
    model_files,
    repository_of,
)
from genops.serving.files.read_json import read_json
from genops.serving.preflight.adapters import check_adapter
from genops.serving.preflight.finding import Finding
from genops.serving.preflight.subject import Subject
from genops.serving.preflight.weights import check_weights
from genops.serving.sizing.shape import model_shape
from genops.settings import Settings


def check_loading(settings: Settings, alias: str, name: str, folder: Path) -> list[Finding]:
    """What is wrong with an adapter, by its files and those of its model as far as these are here.

    Args:
        settings: Of the project.
        alias: That serves the model.
        name: Under which requests will ask for the adapter.
        folder: With its files.

    Returns:
        Findings with which answers would fail.
    """
    found = settings.alias(alias)
    try:
        files = model_files(settings, alias)
    except (DefinitionError, NotDownloaded):
        files = ModelFiles(cached_repository(hub_cache(found), repository_of(found)))
    subject = Subject(settings, alias, found, files)
    with suppress(DefinitionError):
        subject.shape = model_shape(read_json(files.folder / "config.json"))
    list(check_weights(subject))  # reads the headers; the model itself is served, whatever is wrong with it
    return [one for one in check_adapter(subject, name, folder) if one.severity == "error"]
