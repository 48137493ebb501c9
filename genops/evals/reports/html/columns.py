"""What the table of samples shows, as columns: one entry for each sample, in the order of their numbers."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from genops.store.records.evaluations import SampleRecord


@dataclass
class ScoreColumn:
    """The scores of one scorer.

    Attributes:
        values: None where there is no score.
        states: A character each: ``+`` passed, ``-`` failed, ``.`` a score without a threshold, ``?`` unscored, a space
            where the scorer has nothing to say.
    """

    values: list[float | None] = field(default_factory=list)
    states: list[str] = field(default_factory=list)

    def add(self, score: dict[str, Any] | None) -> None:
        """Takes the score of the next sample."""
        if score is None or "unscored" in score:
            self.values.append(None)
            self.states.append(" " if score is None else "?")
        else:
            self.values.append(_rounded(score["value"]))
            self.states.append({True: "+", False: "-", None: "."}[score.get("passed")])


@dataclass
class Columns:
    """The columns of the table.

    Attributes:
        cases: Ids of the cases.
        packs: For each pack of texts, the position in ``cases`` of its first.
        samples: By name of the column, an entry for each sample.
        variants: Names, in the order in which they come up.
        scores: By scorer.
    """

    cases: list[str] = field(default_factory=list)
    packs: list[int] = field(default_factory=list)
    samples: dict[str, list[Any]] = field(
        default_factory=lambda: {
            name: [] for name in ("case", "variant", "repeat", "status", "seconds", "cost", "tokens", "preview")
        }
    )
    variants: dict[str, int] = field(default_factory=dict)
    scores: dict[str, ScoreColumn] = field(default_factory=dict)
    count: int = 0

    def add(self, sample: SampleRecord, preview: str) -> None:
        """Takes the next sample, of the last of the ``cases``."""
        entry = {
            "case": len(self.cases) - 1,
            "variant": self.variants.setdefault(sample.variant, len(self.variants)),
            "repeat": sample.repeat,
            "status": sample.status[0],
            "seconds": _rounded(sample.seconds),
            "cost": _rounded(sample.cost),
            "tokens": sample.input_tokens + sample.output_tokens,
            "preview": preview,
        }
        for name, value in entry.items():
            self.samples[name].append(value)
        for name in sample.scores:
            if name not in self.scores:
                self.scores[name] = ScoreColumn([None] * self.count, [" "] * self.count)
        for name, column in self.scores.items():
            column.add(sample.scores.get(name))
        self.count += 1

    def to_json(self) -> dict[str, Any]:
        """The columns as plain data; those of single characters as text."""
        return {
            **self.samples,
            "status": "".join(self.samples["status"]),
            "cases": self.cases,
            "packs": self.packs,
            "variants": list(self.variants),
            "scores": [
                {"name": name, "values": column.values, "states": "".join(column.states)}
                for name, column in self.scores.items()
            ],
        }


def _rounded(value: float | None) -> float | None:
    return None if value is None else float(f"{value:.6g}")
