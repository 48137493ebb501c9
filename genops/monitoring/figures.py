"""The figures of a stretch of time: of all its runs, of those that were scored, and of what users said.

Every figure is a :class:`~genops.evals.summary.Measure`. Runs of one session are not independent: their intervals are
of sessions. Scores are of runs that were drawn with known probabilities, and weigh the more the less likely that was;
their interval holds however often one looks, and while the mean moves (:func:`~genops.stats.running_mean_interval`).

A count or a sum of which only a part is known is a lower bound: its interval has a lower end and no upper one.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, partial

import numpy as np
from numpy.typing import NDArray

from genops.evals.score import Range
from genops.evals.summary import Measure
from genops.evals.summary.measure import mean_measure
from genops.monitoring.release import AtRelease, SinceRelease
from genops.monitoring.runs import Runs
from genops.stats import cluster_mean_interval, cluster_quantile_interval, running_mean_interval
from genops.stats.order_statistics import order_statistic_interval
from genops.store.records.monitoring import FeedbackRecord, MonitoredRecord
from genops.tracing.quantities import counted

SCORE, REGRESSION = "score.", "regression."
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
        ranges: Of the scores of the monitor's scorers.
        largest_weight: That a score can have: the inverse of the least rate. Known before any score is, else an
            interval would not hold at all times.
        part: Why runs of the stretch of time may not be here; empty where all are.
        release: What scores are compared with; None for nothing.
        broken: Why the evidence of drift is not known, by the name of the watch.
    """

    runs: Runs
    scored: Sequence[MonitoredRecord]
    feedback: Sequence[tuple[FeedbackRecord, str]]
    evidence: Mapping[str, float]
    ranges: Mapping[str, Range]
    largest_weight: float = 1.0
    part: str = ""
    release: AtRelease | None = None
    broken: Mapping[str, str] = field(default_factory=dict)

    def all(self) -> dict[str, Measure]:
        """Every figure that there is, by its name."""
        return {name: measure() for name, measure in self._measures.items()}

    def one(self, name: str) -> Measure | None:
        """A figure; None where nothing is known of it."""
        measure = self._measures.get(name)
        return None if measure is None else measure()

    def since_release(self) -> tuple[SinceRelease, ...]:
        """The scores beside those at release."""
        return () if self.release is None else tuple(self._compared(name, self.release) for name in self.ranges)

    @cached_property
    def _measures(self) -> dict[str, Callable[[], Measure]]:
        runs = self.runs
        found: dict[str, Callable[[], Measure]] = {
            "traces": lambda: _at_least(float(len(runs)), "traces", len(runs), [self.part]),
            "error_rate": lambda: _mean(runs["failed"], self._sessions, "share", _SHARE),
            **{f"latency.{name}": partial(self._latency, share) for name, share in QUANTILES.items()},
            "cost.mean": self._mean_cost,
            "cost.total": self._total_cost,
            "cost.judges": self._judges_cost,
            "tokens.mean": lambda: _mean(runs["tokens"], self._sessions, "tokens"),
        }
        found |= {f"{SCORE}{name}": partial(self._known_score, name) for name in self._names}
        if self.release is not None:
            found |= {f"{REGRESSION}{name}": partial(self._regression, name, self.release) for name in self.ranges}
        kinds = sorted({one.name for one, _ in self.feedback})
        found |= {f"feedback.{name}": partial(self._feedback, name) for name in kinds}
        found |= {f"drift.{name}": partial(Measure, share, "share", 1) for name, share in self.evidence.items()}
        found |= {f"drift.{name}": partial(Measure.none, "share", why) for name, why in self.broken.items()}
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

    def _judges_cost(self) -> Measure:
        spent = [one.judged.get("cost") for one in self.scored if one.judged]
        known = [float(cost) for cost in spent if cost is not None]
        lost = len(spent) - len(known)
        unpriced = f"{lost:,} of {counted(len(spent), 'judged run')} without a price" if lost else ""
        return _at_least(sum(known), "USD", len(known), [unpriced])

    def _regression(self, name: str, release: AtRelease) -> Measure:
        return self._compared(name, release).regression

    def _compared(self, name: str, release: AtRelease) -> SinceRelease:
        return release.compared(name, self._known_score(name), self.ranges[name].lower_is_better)

    def _known_score(self, name: str) -> Measure:
        return self._scores.get(name) or Measure.none("score", "no run was scored")

    @cached_property
    def _scores(self) -> dict[str, Measure]:
        return {name: self._score(name) for name in self._names}

    def _score(self, name: str) -> Measure:
        drawn = [one for one in self.scored if name in one.scores]
        known = [one for one in drawn if "value" in one.scores[name]]
        lost = len(drawn) - len(known)
        without = f"{lost:,} of {counted(len(drawn), 'drawn run')} unscored" if lost else ""
        if not known:
            return Measure.none("score", without)
        values = np.array([float(one.scores[name]["value"]) for one in known])
        weights = np.array([1 / one.probability for one in known])
        between = self.ranges.get(name)
        if between is not None and between.bounded:
            ends = between.low, between.high
            largest = max(self.largest_weight, float(weights.max()))  # rates may have been others
            found = Measure.of(running_mean_interval(values, weights, largest, ends=ends), "score", ends)
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
