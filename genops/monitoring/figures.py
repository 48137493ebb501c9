"""The figures of a stretch of time: of all its runs, of those that were scored, and of what users said.

Every figure is a :class:`~genops.evals.summary.Measure`. Runs of one session are not independent: their intervals are
of sessions. Scores are of runs that were drawn with known probabilities, and weigh the more the less likely that was;
their interval holds however often one looks (:class:`~genops.stats.ConfidenceSequence`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from genops.evals.summary import Measure
from genops.stats import ConfidenceSequence, Population, cluster_mean_interval, quantile_interval
from genops.stats.order_statistics import order_statistic_interval
from genops.store.records import FeedbackRecord, MonitoredRecord, RunRecord

QUANTILES = {"p50": 0.5, "p90": 0.9, "p95": 0.95, "p99": 0.99}
FAMILIES = ("traces", "error_rate", "latency", "cost", "tokens", "score", "feedback", "drift")
_SHARE = (0.0, 1.0)


@dataclass(frozen=True)
class Figures:
    """What is known of a stretch of time.

    Attributes:
        runs: That ended, of all modes that users ask for.
        scored: Of these, the ones that were drawn, in the order of their start.
        feedback: That was given in it.
        evidence: Of drift, by the name of the watch, as a share of what alarms.
        ends: Between which the scores of a scorer lie; those that have no ends are not here.
    """

    runs: Sequence[RunRecord]
    scored: Sequence[MonitoredRecord]
    feedback: Sequence[FeedbackRecord]
    evidence: Mapping[str, float]
    ends: Mapping[str, tuple[float, float]]

    def all(self) -> dict[str, Measure]:
        """Every figure that there is, by its name."""
        found = {
            "traces": Measure(float(len(self.runs)), "traces", len(self.runs)),
            "error_rate": self._of_runs(lambda run: float(run.status == "error"), "share", _SHARE),
            **{f"latency.{name}": self._latency(share) for name, share in QUANTILES.items()},
            "cost.mean": self._of_runs(lambda run: run.cost, "USD"),
            "cost.total": self._total_cost(),
            "tokens.mean": self._of_runs(lambda run: float(run.input_tokens + run.output_tokens), "tokens"),
        }
        found |= {f"score.{name}": self._score(name) for name in self._names}
        kinds = sorted({one.name for one in self.feedback})
        found |= {f"feedback.{name}": self._feedback(name) for name in kinds}
        found |= {f"drift.{name}": Measure(share, "share", 1) for name, share in self.evidence.items()}
        return found

    @cached_property
    def _names(self) -> list[str]:
        return sorted({name for one in self.scored for name, score in one.scores.items() if "value" in score})

    def _of_runs(
        self, value: Callable[[RunRecord], float | None], unit: str, ends: tuple[float, float] | None = None
    ) -> Measure:
        known = [(run, found) for run in self.runs if (found := value(run)) is not None]
        return _mean([found for _, found in known], [_session(run) for run, _ in known], unit, ends)

    def _latency(self, share: float) -> Measure:
        known = [run for run in self.runs if run.ended is not None]
        if not known:
            return Measure.none("s", "no runs")
        values = np.array([((run.ended or 0) - run.started) / 1e9 for run in known])
        sessions = [_session(run) for run in known]
        if len(set(sessions)) == len(sessions):
            return Measure.of(order_statistic_interval(values, share), "s")
        return Measure.of(quantile_interval(values, share, sessions, resamples=500), "s")

    def _total_cost(self) -> Measure:
        known = [run.cost for run in self.runs if run.cost is not None]
        unknown = len(self.runs) - len(known)
        return Measure(sum(known), "USD", len(known), missing=f"{unknown:,} without a price" if unknown else "")

    def _score(self, name: str) -> Measure:
        known = [one for one in self.scored if "value" in one.scores.get(name, {})]
        values = np.array([float(one.scores[name]["value"]) for one in known])
        weights = np.array([1 / one.probability for one in known])
        if name not in self.ends:
            return Measure.of(cluster_mean_interval(values, None, weights), "score")
        sequence = ConfidenceSequence(Population(float(weights.max())), ends=self.ends[name])
        sequence.update(values, weights=weights)
        return Measure.of(sequence.interval(), "score", self.ends[name])

    def _feedback(self, name: str) -> Measure:
        given = [one for one in self.feedback if one.name == name]
        return _mean([one.value for one in given], [one.run for one in given], "score", _SHARE)


def _session(run: RunRecord) -> str:
    return run.session or run.id


def _mean(values: list[float], clusters: list[str], unit: str, ends: tuple[float, float] | None) -> Measure:
    from genops.evals.summary.measure import mean_measure

    if not values:
        return Measure.none(unit, "no runs")
    numbers: dict[str, int] = {}
    codes = np.array([numbers.setdefault(cluster, len(numbers)) for cluster in clusters])
    return mean_measure(np.array(values), unit, codes if len(numbers) < len(values) else None, None, ends)
