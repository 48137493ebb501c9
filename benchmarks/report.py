"""How benchmarks show what they measured: a figure, what it stands beside, and their ratio against its limit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Row:
    """One figure.

    Attributes:
        what: What was measured.
        genops: genops's figure with its unit.
        beside: The figure it is compared with, with its unit.
        ratio: The first by the second, or a share of a bound; None when there is nothing to divide.
        limit: What the ratio is to stay at or under.
    """

    what: str
    genops: str
    beside: str
    ratio: float | None = None
    limit: float | None = None

    @property
    def verdict(self) -> str:
        """Whether the limit was kept."""
        if self.ratio is None or self.limit is None:
            return ""
        return "kept" if self.ratio <= self.limit else "MISSED"


def table(rows: Sequence[Row]) -> str:
    """The figures as a Markdown table."""
    lines = ["| what | genops | beside | ratio | limit | |", "| --- | --- | --- | --- | --- | --- |"]
    for row in rows:
        ratio = "" if row.ratio is None else f"{row.ratio:.2f}"
        limit = "" if row.limit is None else f"{row.limit:g}"
        lines.append(f"| {row.what} | {row.genops} | {row.beside} | {ratio} | {limit} | {row.verdict} |")
    return "\n".join(lines) + "\n"
