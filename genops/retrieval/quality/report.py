"""What was measured of retrieval, for people and for programs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from genops.artifacts import Json
from genops.stats import Interval, PermutationTest, bootstrap_interval


@dataclass(frozen=True)
class Report:
    """The metrics of one run.

    Attributes:
        values: Value (0 to 1) by query id, by metric.
        notes: What the figures alone do not say.
    """

    values: Mapping[str, Mapping[str, float]]
    notes: Sequence[str] = field(default_factory=list)

    @property
    def queries(self) -> list[str]:
        """The ids of the queries that were measured, sorted."""
        return sorted(next(iter(self.values.values())))

    def mean(self, metric: str) -> float:
        """The mean of a metric over the queries."""
        values = self.values[metric].values()
        return sum(values) / len(values)

    @cached_property
    def intervals(self) -> dict[str, Interval]:
        """The mean of each metric with its bootstrap interval, were the queries drawn anew."""
        return {metric: bootstrap_interval(list(values.values())) for metric, values in self.values.items()}

    def to_json(self) -> dict[str, Json]:
        """Means, intervals and the values of every query."""
        return {
            "queries": len(self.queries),
            "metrics": {
                metric: {"mean": interval.estimate, **_interval_json(interval)}
                for metric, interval in self.intervals.items()
            },
            "values": {metric: dict(values) for metric, values in self.values.items()},
            "notes": list(self.notes),
        }

    def table(self) -> str:
        """The means with their intervals."""
        rows = [["metric (0 to 1)", "mean", _interval_title(self.intervals), "n"]]
        for metric, interval in self.intervals.items():
            rows.append([metric, f"{interval.estimate:.3f}", _bounds(interval, ".3f"), f"{interval.n:,} queries"])
        return "\n".join([_aligned(rows), *self.notes])


@dataclass(frozen=True, slots=True)
class Loss:
    """A query that a change made worse.

    Attributes:
        query: Its id.
        before: Its value before the change (0 to 1).
        after: Its value after it.
    """

    query: str
    before: float
    after: float


@dataclass(frozen=True, slots=True)
class Difference:
    """What a change did to one metric.

    Attributes:
        before: The mean before the change.
        after: The mean after it.
        gain: The mean of ``after - before`` over the queries, with its bootstrap interval.
        test: Whether chance alone explains the gain (two-sided, paired).
        better: Queries whose value rose.
        worse: Queries whose value fell.
        losses: Those that fell most, largest fall first.
    """

    before: float
    after: float
    gain: Interval
    test: PermutationTest
    better: int
    worse: int
    losses: Sequence[Loss]

    @property
    def equal(self) -> int:
        """Queries whose value stayed."""
        return self.gain.n - self.better - self.worse

    def to_json(self) -> dict[str, Json]:
        """All of it."""
        return {
            "before": self.before,
            "after": self.after,
            "gain": {"mean": self.gain.estimate, **_interval_json(self.gain)},
            "p": self.test.p,
            "better": self.better,
            "worse": self.worse,
            "equal": self.equal,
            "losses": [{"query": loss.query, "before": loss.before, "after": loss.after} for loss in self.losses],
        }


@dataclass(frozen=True, slots=True)
class Comparison:
    """What a change did to every metric.

    Attributes:
        differences: By metric.
        queries: How many were compared.
    """

    differences: Mapping[str, Difference]
    queries: int

    def to_json(self) -> dict[str, Json]:
        """All of it."""
        return {
            "queries": self.queries,
            "metrics": {metric: difference.to_json() for metric, difference in self.differences.items()},
        }

    def table(self) -> str:
        """The differences with their intervals, and the queries that the first metric lost most of."""
        gains = {metric: difference.gain for metric, difference in self.differences.items()}
        rows = [
            ["metric (0 to 1)", "before", "after", "gain", _interval_title(gains), "p", "better", "worse", "equal", "n"]
        ]
        for metric, difference in self.differences.items():
            rows.append([
                metric, f"{difference.before:.3f}", f"{difference.after:.3f}", f"{difference.gain.estimate:+.3f}",
                _bounds(difference.gain, "+.3f"), f"{difference.test.p:.4f}", f"{difference.better:,}",
                f"{difference.worse:,}", f"{difference.equal:,}", f"{self.queries:,} queries",
            ])  # fmt: skip
        metric, first = next(iter(self.differences.items()))
        if not first.losses:
            return _aligned(rows)
        lost = [["query", "before", "after"]]
        lost += [[loss.query, f"{loss.before:.3f}", f"{loss.after:.3f}"] for loss in first.losses]
        return f"{_aligned(rows)}\n\nlargest losses of {metric}:\n{_aligned(lost)}"


def _interval_json(interval: Interval) -> dict[str, Json]:
    bounds: Json = list(interval.bounds) if interval.bounds else None
    return {"interval": bounds, "level": interval.level, "n": interval.n, "missing": interval.missing}


def _interval_title(intervals: Mapping[str, Interval]) -> str:
    return f"{next(iter(intervals.values())).level:.0%} interval"


def _bounds(interval: Interval, form: str) -> str:
    if interval.bounds is None:
        return f"none: {interval.missing}"
    low, high = interval.bounds
    return f"{low:{form}} to {high:{form}}"


def _aligned(rows: Sequence[Sequence[str]]) -> str:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join("  ".join(map(str.ljust, row, widths)).rstrip() for row in rows)
