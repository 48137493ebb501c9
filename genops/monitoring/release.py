"""Scores of production beside those at release: whether answers got worse since they were evaluated."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

from genops.evals.results import Results
from genops.evals.summary import Measure
from genops.settings import Settings
from genops.store import Store

Direction: TypeAlias = Literal["better", "worse", "not told apart"]
_SCORE = "score."


@dataclass(frozen=True, slots=True)
class SinceRelease:
    """One score, at release and now.

    Attributes:
        name: Of the scorer's entry.
        release: Its mean in the evaluation.
        now: Its mean in production.
        difference: Now minus at release, from the ends of the two intervals: it holds as long as both do.
        direction: What the difference says, where its interval says so.
    """

    name: str
    release: Measure
    now: Measure
    difference: Measure
    direction: Direction


def since_release(
    store: Store,
    settings: Settings,
    reference: str,
    figures: Mapping[str, Measure],
    lower_is_better: Mapping[str, bool],
) -> tuple[SinceRelease, ...]:
    """The scores that both an evaluation and production have.

    Args:
        store: Holds the evaluation.
        settings: The project's.
        reference: What people call the evaluation; of several variants the first, or the one that it means.
        figures: Of production.
        lower_is_better: By scorer, where small values are good.

    Raises:
        ReferenceNotFound: There is no such evaluation.
    """
    results = Results(store, settings)
    variants = results.summary(results.find(reference), failures=0).variants
    metrics = variants[0].metrics if variants else {}
    found = []
    for figure, now in figures.items():
        name = figure.removeprefix(_SCORE)
        if figure.startswith(_SCORE) and name in metrics:
            found.append(_compared(name, metrics[name].mean, now, lower_is_better.get(name, False)))
    return tuple(found)


def _compared(name: str, release: Measure, now: Measure, lower: bool) -> SinceRelease:
    difference = _difference(release, now)
    direction: Direction = "not told apart"
    if difference.low is not None and difference.high is not None and (difference.low > 0 or difference.high < 0):
        direction = "worse" if (difference.low > 0) == lower else "better"
    return SinceRelease(name, release, now, difference, direction)


def _difference(release: Measure, now: Measure) -> Measure:
    if release.value is None or now.value is None:
        return Measure.none("score", "one of the two has no scores")
    value, n = now.value - release.value, min(release.n, now.n)
    ends = (release.low, release.high, now.low, now.high)
    low_before, high_before, low, high = ends
    if low_before is None or high_before is None or low is None or high is None:
        return Measure(value, "score", n, missing="one of the two has no interval")
    level = 1 - (1 - release.level) - (1 - now.level)
    return Measure(value, "score", n, low - high_before, high - low_before, level, "ends of the two intervals")
