"""Reports of a comparison of aliases: one module per format, all of the same comparison."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import TextIO, TypeAlias

from genops.errors import UsageError, nearest
from genops.serving.compare.comparison import Comparison

Writer: TypeAlias = Callable[[Comparison, TextIO], None]
FORMATS = ("terminal", "html", "json", "markdown")
"""Each is a module."""

__all__ = ["FORMATS", "Writer", "writer"]


def writer(name: str) -> Writer:
    """What writes a report in a format.

    Raises:
        UsageError: There is no such format.
    """
    if name not in FORMATS:
        raise UsageError(f"there is no format {name!r}", hint=nearest(name, FORMATS))
    write: Writer = import_module(f"{__name__}.{name}").write
    return write
