"""The report for a terminal: figures as rows, aliases as columns."""

from __future__ import annotations

from typing import TextIO

from genops.serving.compare.comparison import Comparison
from genops.serving.compare.reports import wording


def write(comparison: Comparison, out: TextIO) -> None:
    """Writes the report."""
    from rich.table import Table
    from rich.text import Text

    from genops.tracing.console import uncut

    console = uncut(out)
    grid = Table(box=None, pad_edge=False, header_style="bold")
    grid.add_column("", no_wrap=True)
    for candidate in comparison.candidates:
        grid.add_column(candidate.alias)
    for title, cells in wording.rows(comparison):
        grid.add_row(title, *map(Text, cells))
    console.print(wording.headline(comparison))
    console.print(grid)
    for line in (*comparison.notes, f"{wording.METHOD}."):
        console.print(Text(line), soft_wrap=True)
