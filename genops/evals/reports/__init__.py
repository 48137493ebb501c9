"""Reports of an evaluation: one module per format, all of the same summary."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import TextIO, TypeAlias

from genops.errors import UsageError, nearest
from genops.evals.reports.report import Report

Writer: TypeAlias = Callable[[Report, TextIO], None]
FORMATS = {name: name for name in ("terminal", "json", "csv", "junit", "markdown", "github", "cases")} | {
    "html": "page"
}
"""Modules by format."""

__all__ = ["FORMATS", "Report", "Writer", "writer"]


def writer(name: str) -> Writer:
    """What writes a report in a format.

    Raises:
        UsageError: There is no such format.
    """
    if name not in FORMATS:
        raise UsageError(f"there is no format {name!r}", hint=nearest(name, FORMATS))
    write: Writer = import_module(f"{__name__}.{FORMATS[name]}").write
    return write
