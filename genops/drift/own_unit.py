"""By how much numbers or categories changed, in their own unit: what people can weigh."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from genops.drift.effect import separation
from genops.drift.samples import Codes, Samples
from genops.drift.shares import share_interval
from genops.drift.tables import Floats, log_ratio_witness
from genops.drift.two_sample import folds_of
from genops.stats import (
    Interval,
    cluster_mean_interval,
    cluster_quantile_interval,
    difference_interval,
)

_CONSTANT = "all values equal"
_SHOWN = 5


@dataclass(frozen=True, slots=True)
class NumberChange:
    """By how much numbers changed, in their unit.

    Attributes:
        before: Mean in the reference.
        after: Mean now.
        difference: Of the means, now minus before.
        median: Difference of the medians; None of numbers that are 0 or 1, whose mean says all.
    """

    before: Interval
    after: Interval
    difference: Interval
    median: Interval | None


@dataclass(frozen=True, slots=True)
class CategoryMove:
    """By how much one category changed.

    Attributes:
        category: Its name.
        before: Its share of the reference, 0 to 1.
        after: Its share now.
        difference: Of the shares, now minus before.
    """

    category: str
    before: Interval
    after: Interval
    difference: Interval


@dataclass(frozen=True, slots=True)
class CategoryChange:
    """By how much categories changed.

    Attributes:
        moved: The share of rows that went to other categories, 0 to 1: by how much more is now in the categories that
            the other folds say have grown. So it is about 0 under no change, where the total variation distance of the
            sample is not.
        categories: Those whose shares moved most, the greatest move first.
    """

    moved: Interval
    categories: tuple[CategoryMove, ...]


def number_change(samples: Samples, level: float = 0.95) -> NumberChange:
    """By how much numbers changed.

    Args:
        samples: Of numbers.
        level: Of the intervals.
    """
    before, after = (_mean(values, groups, level) for values, groups in _windows(samples, samples.values))
    return NumberChange(before, after, difference_interval(after, before), _median(samples, level))


def category_change(samples: Samples, seed: int = 0, level: float = 0.95, shown: int = _SHOWN) -> CategoryChange:
    """By how much categories changed.

    Args:
        samples: Of categories.
        seed: Of the folds.
        level: Of the intervals.
        shown: Categories to tell of, at most.
    """
    codes, folds = samples.values, folds_of(samples, seed)
    grown = (log_ratio_witness(samples, codes, folds) > 0).astype(np.float64)
    kinds = len(samples.categories)
    then, now = (np.bincount(part, minlength=kinds) / len(part) for part, _ in _windows(samples, codes))
    greatest = np.argsort(-np.abs(now - then), kind="stable")[:shown]
    moves = tuple(_move(samples, int(code), level) for code in greatest if now[code] != then[code])
    return CategoryChange(separation(samples, grown, folds, level), moves)


def _move(samples: Samples, code: int, level: float) -> CategoryMove:
    held = (samples.values == code).astype(np.float64)
    before, after = (_mean(values, groups, level) for values, groups in _windows(samples, held))
    return CategoryMove(samples.categories[code], before, after, difference_interval(after, before))


def _median(samples: Samples, level: float) -> Interval | None:
    if np.isin(samples.values, (0, 1)).all():
        return None
    medians = []
    for values, groups in _windows(samples, samples.values):
        median = cluster_quantile_interval(values, 0.5, groups, level)
        if median.bounds is None and median.clusters != 1:
            median = _exact(median)
        medians.append(median)
    return difference_interval(medians[1], medians[0])


def _mean(values: Floats, groups: Codes, level: float) -> Interval:
    if np.isin(values, (0, 1)).all():
        return share_interval(values == 1, groups, level)
    mean = cluster_mean_interval(values, groups, level=level)
    return _exact(mean) if mean.bounds is None and mean.clusters != 1 else mean


def _exact(found: Interval) -> Interval:
    return replace(found, bounds=(found.estimate, found.estimate), missing="", method=_CONSTANT)


def _windows(samples: Samples, values: Floats | Codes) -> tuple[tuple[Floats, Codes], tuple[Floats, Codes]]:
    """The values and groups of the reference, and those of the current window."""
    m = samples.reference
    return (values[:m], samples.groups[:m]), (values[m:], samples.groups[m:])  # type: ignore[return-value]
