"""Rows as reports show them."""

from __future__ import annotations

from genops.drift.summary import Example
from genops.drift.windows import Window

SHOWN = 400
"""Characters of a row that are shown: its beginning."""


def example(window: Window, row: int, witness: float | None = None, told: str = "") -> Example:
    """A row of a window.

    Args:
        window: That it is of.
        row: Its number in the window, from 0.
        witness: How much it speaks for the current window, 0 to 1.
        told: What a question sees of it.
    """
    run = window.runs[row] if window.runs else ""
    return Example(window.ids[row], run, text_of(window, row), witness, told)


def text_of(window: Window, row: int, limit: int = SHOWN) -> str:
    """A row as text, cut; empty for a vector."""
    if window.kind == "vector":
        return ""
    value = window.values[row]
    return value[:limit] if isinstance(value, str) else f"{value:g}"
