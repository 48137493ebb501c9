"""The figures of a stretch of time: of all its runs, of those that were scored, and of what users said.

Every figure is a :class:`~genops.evals.summary.Measure`. Runs of one session are not independent: their intervals are
of sessions. Scores are of runs that were drawn with known probabilities, and weigh the more the less likely that was;
their interval holds however often one looks (:class:`~genops.stats.ConfidenceSequence`).

A count or a sum of which only a part is known is a lower bound: its interval has a lower end and no upper one.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from genops.evals.summary import Measure
from genops.evals.summary.measure import mean_measure
from genops.monitoring.runs import Runs
from genops.stats import ConfidenceSequence, Population, cluster_mean_interval, cluster_quantile_interval
from genops.stats.order_statistics import order_statistic_interval
from genops.store.records import FeedbackRecord, MonitoredRecord
from genops.tracing.quantities import counted

QUANTILES = {"p50": 0.5, "p90": 0.9, "p95": 0.95, "p99": 0.99}
_SHARE = (0.0, 1.0)


@dataclass(frozen=True)
class Figures:
    """What is known of a stretch of time.

    Attributes:
        runs: That ended, of all modes that users ask for.
        scored: Of these, the ones that were drawn, in the order of their start.
        feedback: That was given in it, each with the session of its run.
        evidence: Of drift, by the name of the watch, as a share of what alarms.
        ends: Between which the scores of a scorer lie; those that have no ends are not here.
        largest_weight: That a score can have: the inverse of the least rate. Known before any score is, else an
            interval would not hold at all times.
        part: Why runs of the stretch of time may not be here; empty where all are.
    """

    runs: Runs
    scored: Sequence[MonitoredRecord]
    feedback: Sequence[tuple[FeedbackRecord, str]]
    evidence: Mapping[str, float]
    ends: Mapping[str, tuple[float, float]]
    largest_weight: float = 1.0
    part: str = ""

    def all(self) -> dict[str, Measure]:
        """Every figure that there is, by its name."""
        runs = self.runs
        found = {
            "traces": _at_least(float(len(runs)), "traces", len(runs), [self.part]),
            "error_rate": _mean(runs["failed"], self._sessions, "share", _SHARE),
            **{f"latency.{name}": self._latency(share) for name, share in QUANTILES.items()},
            "cost.mean": self._mean_cost(),
            "cost.total": self._total_cost(),
            "tokens.mean": _mean(runs["tokens"], self._sessions, "tokens"),
        }
        found |= {f"score.{name}": self._score(name) for name in self._names}
        kinds = sorted({one.name for one, _ in self.feedback})
        found |= {f"feedback.{name}": self._feedback(name) for name in kinds}
        found |= {f"drift.{name}": Measure(share, "share", 1) for name, share in self.evidence.items()}
        return found

    @cached_property
    def _sessions(self) -> NDArray[np.int64]:
        return np.asarray(self.runs["session"], dtype=np.int64)

    @cached_property
    def _priced(self) -> NDArray[np.bool_]:
        return np.asarray(~np.isnan(self.runs["cost"]), dtype=np.bool_)

    @property
    def _unpriced(self) -> str:
        """How many runs have no price; empty for none."""
        unpriced = int((~self._priced).sum())
        return f"{unpriced:,} of {counted(len(self.runs), 'run')} without a price" if unpriced else ""

    @cached_property
    def _names(self) -> list[str]:
        return sorted({name for one in self.scored for name in one.scores})

    def _latency(self, share: float) -> Measure:
        values = self.runs["seconds"]
        if not len(values):
            return Measure.none("s", "no runs")
        clusters = _clusters(self._sessions)
        if clusters is None:
            return Measure.of(order_statistic_interval(values, share), "s")
        found = Measure.of(cluster_quantile_interval(values, share, clusters), "s")
        if found.high is not None and found.high >= values.max() > values.min():
            why = f"{counted(found.clusters or 0, 'session')} are too few to tell this quantile's spread"
            return replace(found, low=None, high=None, missing=why)
        return found

    def _mean_cost(self) -> Measure:
        mean = _mean(self.runs["cost"][self._priced], self._sessions[self._priced], "USD")
        return replace(mean, missing="; ".join(filter(None, [mean.missing, self._unpriced])))

    def _total_cost(self) -> Measure:
        known = self.runs["cost"][self._priced]
        return _at_least(float(known.sum()), "USD", len(known), [self._unpriced, self.part])

    def _score(self, name: str) -> Measure:
        drawn = [one for one in self.scored if name in one.scores]
        known = [one for one in drawn if "value" in one.scores[name]]
        lost = len(drawn) - len(known)
        without = f"{lost:,} of {counted(len(drawn), 'drawn run')} unscored" if lost else ""
        if not known:
            return Measure.none("score", without)
        values = np.array([float(one.scores[name]["value"]) for one in known])
        weights = np.array([1 / one.probability for one in known])
        if name in self.ends:
            largest = max(self.largest_weight, float(weights.max()))  # rates may have been others
            sequence = ConfidenceSequence(Population(largest), ends=self.ends[name])
            sequence.update(values, weights=weights)
            found = Measure.of(sequence.interval(), "score", self.ends[name])
        else:
            found = Measure.of(cluster_mean_interval(values, None, weights), "score")
        return replace(found, missing="; ".join(filter(None, [found.missing, without])))

    def _feedback(self, name: str) -> Measure:
        given = [(one.value, session) for one, session in self.feedback if one.name == name]
        return _mean(np.array([value for value, _ in given]), [session for _, session in given], "score", _SHARE)


def _at_least(value: float, unit: str, n: int, reasons: Sequence[str]) -> Measure:
    """A number that is known, or that is a lower bound for some reason."""
    why = "; ".join(filter(None, reasons))
    return Measure(value, unit, n, low=value, missing=f"a lower bound: {why}") if why else Measure(value, unit, n)


def _mean(
    values: NDArray[np.float64],
    sessions: Sequence[Hashable] | NDArray[np.int64],
    unit: str,
    ends: tuple[float, float] | None = None,
) -> Measure:
    if not len(values):
        return Measure.none(unit, "no runs")
    return mean_measure(values, unit, _clusters(sessions), None, ends)


def _clusters(sessions: Sequence[Hashable] | NDArray[np.int64]) -> NDArray[np.int64] | None:
    """The sessions as numbers; None where no two runs share one."""
    numbers = np.unique(np.asarray(sessions), return_inverse=True)[1]
    return None if len(numbers) == 0 or numbers.max() + 1 == len(numbers) else numbers.astype(np.int64)
