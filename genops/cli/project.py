"""The project that a command works in, open for as long as the command runs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from genops.executor import Project
    from genops.settings import Settings


def settings_here() -> Settings:
    """The settings of the project that the working folder is in."""
    from genops.settings import load_settings

    return load_settings()


@contextmanager
def opened(record: Path | None = None) -> Iterator[Project]:
    """The project that the working folder is in; whatever happens, its records are written before it is closed.

    Args:
        record: A file that gets every model call (``genops run --record``).
    """
    from genops.executor import Project

    settings = settings_here()
    if record is None:
        project = Project(settings)
        try:
            yield project
        finally:
            project.close()
        return
    from genops.models import Recorder
    from genops.tracing.redaction import Redactor, secret_values

    redactor = Redactor(settings.redaction, secret_values(settings.models))
    with Recorder(record, lambda value: redactor.session().value(value)) as recorder:
        project = Project(settings, recorder)
        try:
            yield project
        finally:
            project.close()
