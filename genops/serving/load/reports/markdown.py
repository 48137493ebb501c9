"""The report as Markdown, for a pull request or a ticket."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TextIO

from genops.evals.reports.markdown import cell, code, table
from genops.serving.load.bench import BenchResult
from genops.serving.load.reports import wording
from genops.serving.wording import estimate


def write(result: BenchResult, out: TextIO) -> None:
    """Writes the report."""
    out.write("\n".join(_lines(result)) + "\n")


def _lines(result: BenchResult) -> Iterator[str]:
    yield f"### Load test of `{code(result.alias)}`"
    yield ""
    yield cell(wording.about(result))
    yield ""
    head = ("load", "requests", *(f"{title}, 95%" for title in wording.COLUMNS.values()))
    yield from table(head, (_row(result, place) for place in range(len(result.probes))))
    for probe in result.probes:
        for ruling in probe.rulings:
            yield f"- {cell(probe.figures.name)}: {cell(wording.ruled(ruling))}"
        if lost := wording.failures(probe.figures):
            yield f"- {cell(probe.figures.name)}: failed: {cell(lost)}"
    for line in (wording.found(result), *wording.costs(result), *result.notes):
        if line:
            yield f"- {cell(line)}"
    yield ""
    yield f"<sub>{cell(wording.METHOD)}.</sub>"


def _row(result: BenchResult, place: int) -> tuple[str, ...]:
    figures = result.probes[place].figures
    cells = (estimate(figures.figures[name]) for name in wording.COLUMNS)
    return (cell(figures.name), cell(wording.size(figures)), *map(cell, cells))
