"""The report as Markdown, for a pull request or a ticket."""

from __future__ import annotations

from typing import TextIO

from genops.evals.reports.markdown import cell, code, table
from genops.serving.compare.comparison import Comparison
from genops.serving.compare.reports import wording


def write(comparison: Comparison, out: TextIO) -> None:
    """Writes the report."""
    head = ("", *(f"`{code(one.alias)}`" for one in comparison.candidates))
    lines = ["### Models side by side", "", cell(wording.headline(comparison)), ""]
    lines += table(head, ((cell(title), *map(cell, cells)) for title, cells in wording.rows(comparison)))
    lines += [f"- {cell(note)}" for note in comparison.notes]
    out.write("\n".join([*lines, "", f"<sub>{cell(wording.METHOD)}.</sub>", ""]))
