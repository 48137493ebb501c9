"""The report for a terminal: a row for each load, then what follows from them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TextIO

from genops.serving.load.bench import BenchResult
from genops.serving.load.reports import wording
from genops.serving.wording import estimate


def write(result: BenchResult, out: TextIO) -> None:
    """Writes the report."""
    from rich.table import Table
    from rich.text import Text

    from genops.tracing.console import uncut

    console = uncut(out)
    grid = Table(box=None, pad_edge=False, header_style="bold")
    grid.add_column("LOAD", no_wrap=True)
    grid.add_column("REQUESTS", no_wrap=True)
    for title in wording.COLUMNS.values():
        grid.add_column(title.upper(), justify="right")
    for probe in result.probes:
        figures = probe.figures
        cells = (estimate(figures.figures[name]) for name in wording.COLUMNS)
        grid.add_row(figures.name, wording.size(figures), *map(Text, cells))
    console.print(f"{result.alias}: {wording.about(result)}")
    console.print(grid)
    for line in _lines(result):
        console.print(Text(line), soft_wrap=True)


def _lines(result: BenchResult) -> Iterator[str]:
    for probe in result.probes:
        for ruling in probe.rulings:
            yield f"{probe.figures.name}: {wording.ruled(ruling)}"
        if lost := wording.failures(probe.figures):
            yield f"{probe.figures.name}: failed: {lost}"
    if found := wording.found(result):
        yield found
    yield from wording.costs(result)
    yield from result.notes
    yield f"{wording.METHOD}."
