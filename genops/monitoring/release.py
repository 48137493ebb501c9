"""Scores of production beside those at release: whether answers got worse since they were evaluated."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Literal, TypeAlias

from genops.errors import ReferenceNotFound
from genops.evals.results import Results
from genops.evals.summary import Measure
from genops.settings import Settings
from genops.store import Store
from genops.store.records.evaluations import EvalRecord

Direction: TypeAlias = Literal["better", "worse", "not told apart"]


@dataclass(frozen=True, slots=True)
class SinceRelease:
    """One score, at release and now.

    Attributes:
        name: Of the scorer's entry.
        release: Its mean in the evaluation.
        now: Its mean in production.
        difference: Now minus at release, from the ends of the two intervals: it holds as long as both do.
        direction: What the difference says, where its interval says so.
        regression: By how much it is worse: the difference where small values are good, else its opposite.
    """

    name: str
    release: Measure
    now: Measure
    difference: Measure
    direction: Direction
    regression: Measure


@dataclass(frozen=True, slots=True)
class AtRelease:
    """What an evaluation found.

    Attributes:
        scores: Their means, by the name of the scorer's entry.
        missing: Why there are none; empty where there are.
    """

    scores: Mapping[str, Measure] = field(default_factory=dict)
    missing: str = ""

    def compared(self, name: str, now: Measure, lower_is_better: bool = False) -> SinceRelease:
        """A score of now beside the one at release.

        Args:
            name: Of the scorer's entry.
            now: Its mean in production.
            lower_is_better: Whether small values are good.
        """
        missing = self.missing or f"the evaluation has no score {name!r}"
        release = self.scores.get(name) or Measure.none("score", missing)
        difference = _difference(release, now)
        direction: Direction = "not told apart"
        if difference.low is not None and difference.high is not None and (difference.low > 0 or difference.high < 0):
            direction = "worse" if (difference.low > 0) == lower_is_better else "better"
        regression = difference if lower_is_better else _opposite(difference)
        return SinceRelease(name, release, now, difference, direction, regression)


class Release:
    """The evaluation that a monitor names.

    Args:
        store: Holds it.
        settings: The project's.
        reference: What people call it; of several variants the first is meant, or the one that the reference means.
    """

    def __init__(self, store: Store, settings: Settings, reference: str) -> None:
        self._store, self._results, self._reference = store, Results(store, settings), reference
        self._newest: tuple[str, str] | None = None
        self._known = AtRelease()

    def find(self) -> EvalRecord:
        """The evaluation.

        Raises:
            ReferenceNotFound: There is none; the message lists what there is.
        """
        return self._results.find(self._reference).record

    def read(self) -> AtRelease:
        """What it found; read again where there is a newer evaluation than before, and for as long as it runs."""
        newest = next(((one.id, one.status) for one in self._store.evaluations(limit=1)), None)
        if self._newest is None or newest != self._newest:
            self._known, is_running = self._read()
            self._newest = None if is_running else newest
        return self._known

    def _read(self) -> tuple[AtRelease, bool]:
        try:
            found = self._results.find(self._reference)
        except ReferenceNotFound as error:
            return AtRelease(missing=error.message), False
        variants = self._results.summary(found, failures=0).variants
        metrics = variants[0].metrics if variants else {}
        return AtRelease({name: metric.mean for name, metric in metrics.items()}), found.record.status == "running"


def _difference(release: Measure, now: Measure) -> Measure:
    if release.value is None or now.value is None:
        whose, which = ("at release", release) if release.value is None else ("now", now)
        return Measure.none("score", f"no scores {whose}" + (f": {which.missing}" if which.missing else ""))
    value, n = now.value - release.value, min(release.n, now.n)
    ends = (release.low, release.high, now.low, now.high)
    low_before, high_before, low, high = ends
    if low_before is None or high_before is None or low is None or high is None:
        return Measure(value, "score", n, missing="one of the two has no interval")
    level = 1 - (1 - release.level) - (1 - now.level)
    return Measure(value, "score", n, low - high_before, high - low_before, level, "ends of the two intervals")


def _opposite(difference: Measure) -> Measure:
    low, high = difference.high, difference.low
    return replace(
        difference,
        value=None if difference.value is None else -difference.value,
        low=None if low is None else -low,
        high=None if high is None else -high,
    )
