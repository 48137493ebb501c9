"""Reports that a command writes beside what it shows: ``--report FORMAT=FILE``."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from genops.errors import UsageError


def wanted_reports(texts: Sequence[str] | None, writer: Callable[[str], object]) -> list[tuple[str, Path]]:
    """``html=report.html``: formats, and where they go.

    Args:
        texts: As they were given.
        writer: Gives what writes a format; it refuses those that there are not.

    Raises:
        UsageError: One is something else.
    """
    found = []
    for text in texts or ():
        form, _, file = text.partition("=")
        if not file:
            raise UsageError(f"--report {text!r} is no report", hint="write FORMAT=FILE: --report html=report.html")
        writer(form)
        found.append((form, Path(file)))
    return found
