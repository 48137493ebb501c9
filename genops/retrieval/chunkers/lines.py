"""Lines: where they begin, and cutting between them."""

from __future__ import annotations

import re

from genops.retrieval.chunkers.section import Break

LINE_END = re.compile(r"\r\n?|\n")


def line_starts(text: str, start: int = 0) -> list[int]:
    """Offset of each line from ``start`` on, and at last the end of the text."""
    return [start, *(match.end() for match in LINE_END.finditer(text, start)), len(text)]


def line_breaks(text: str, start: int, end: int) -> list[tuple[int, Break]]:
    """Where text that lives by its lines may be cut: after blank lines, else between any two."""
    breaks, line = [], start
    for match in LINE_END.finditer(text, start, end):
        blank = not text[line : match.start()].strip()
        breaks.append((match.end(), Break.ITEM if blank else Break.LINE))
        line = match.end()
    return breaks
