"""The project that a command works in, open for as long as the command runs."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from pathlib import Path
from typing import TYPE_CHECKING

from genops.cli.output import note, printable
from genops.errors import UsageError

if TYPE_CHECKING:
    from genops.executor import Project
    from genops.models import Recorder
    from genops.settings import Settings
    from genops.store import Store


def settings_here() -> Settings:
    """The settings of the project that the working folder is in."""
    from genops.settings import load_settings

    settings = load_settings()
    _warn_of_misspelt_variables(settings)
    return settings


def _warn_of_misspelt_variables(settings: Settings) -> None:
    from genops.settings import unknown_variables

    for name, near in unknown_variables(settings).items():
        if near:
            note(printable(f"warning: the environment variable {name} is no setting; did you mean {near}?"))


def _require_project(settings: Settings) -> None:
    """Keeps commands from making an empty store wherever they are called.

    Raises:
        UsageError: There are no settings, and nothing that a command could work on without them.
    """
    folders = (settings.paths.data, settings.paths.chains, settings.paths.prompts)
    stated = settings.source is not None or settings.store or settings.indexes
    if not stated and not any((settings.root / folder).exists() for folder in folders):
        raise UsageError(
            f"there is no project in {settings.root} or above it",
            hint="go to the folder of one, or make one with `genops init DIR`",
        )


@contextmanager
def opened_store() -> Iterator[Store]:
    """The project's store alone: quick, and there when a plug-in is broken."""
    from genops.store import Store

    settings = settings_here()
    _require_project(settings)
    with Store.open(settings.store_url) as store:
        yield store


@contextmanager
def opened() -> Iterator[Project]:
    """The project that the working folder is in; whatever happens, its records are written before it is closed."""
    from genops.executor import Project

    with redirect_stdout(sys.stderr):  # what plug-ins print
        project = Project.current()
    _warn_of_misspelt_variables(project.settings)
    _require_project(project.settings)
    try:
        yield project
    finally:
        project.close()


@contextmanager
def recording(file: Path) -> Iterator[Project]:
    """As :func:`opened`; every model call is appended, redacted, to a file for ``recorded`` models."""
    from genops.executor import Project

    settings = settings_here()
    _require_project(settings)
    with _recorder(settings, file) as recorder:
        project = Project(settings, recorder)
        try:
            yield project
        finally:
            project.close()


def _recorder(settings: Settings, file: Path) -> Recorder:
    from genops.models import Recorder
    from genops.tracing.redaction import Redactor, secret_values

    redactor = Redactor(settings.redaction, secret_values(settings.key_variables))
    return Recorder(file, lambda value: redactor.session().value(value))
