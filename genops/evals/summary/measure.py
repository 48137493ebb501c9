"""A number as reports show it: with its unit, how many values it rests on, and its interval."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from genops.stats import Interval, clopper_pearson_interval, cluster_mean_interval, mean_interval, proportion_interval
from genops.stats.bootstrap import quantile_interval
from genops.stats.order_statistics import order_statistic_interval

LEVEL = 0.95
_BINS = 20
_DRAWS = 4_000_000
_MOST_RESAMPLES = 2_000
_LEAST_RESAMPLES = 200


@dataclass(frozen=True, slots=True)
class Measure:
    """An estimate.

    Attributes:
        value: None where there is nothing to estimate it from.
        unit: ``score``, ``share`` (0 to 1), ``s``, ``USD`` or ``tokens``.
        n: How many values it rests on; repeats of a case count once.
        low: Lower end of its interval; None where the values do not tell.
        high: Upper end; None where the values do not tell.
        level: Of confidence.
        method: How the interval was found.
        missing: Why there is no interval; empty where there is one.
        clusters: How many clusters the values are made of, where some share one.
    """

    value: float | None
    unit: str
    n: int
    low: float | None = None
    high: float | None = None
    level: float = LEVEL
    method: str = ""
    missing: str = ""
    clusters: int | None = None

    @classmethod
    def of(cls, interval: Interval, unit: str, ends: tuple[float, float] | None = None) -> Measure:
        """The estimate of an interval, which is cut off at the ends of what is possible."""
        low, high = interval.bounds or (None, None)
        if ends is not None and low is not None and high is not None:
            low, high = max(low, ends[0]), min(high, ends[1])
        return cls(
            interval.estimate,
            unit,
            interval.n,
            low,
            high,
            interval.level,
            interval.method,
            interval.missing,
            interval.clusters,
        )

    @classmethod
    def none(cls, unit: str, why: str) -> Measure:
        """No estimate, and why there is none."""
        return cls(None, unit, 0, missing=why)


@dataclass(frozen=True, slots=True)
class Histogram:
    """How values are spread.

    Attributes:
        low: Lower end of the first bin.
        high: Upper end of the last one.
        counts: Values in each of the bins, which are of equal width; the last one holds its upper end.
    """

    low: float
    high: float
    counts: tuple[int, ...]

    @classmethod
    def of(cls, values: NDArray[np.float64], ends: tuple[float, float] | None = None) -> Histogram | None:
        """The histogram of values over their range, or over one that is given; None for no values."""
        if not len(values):
            return None
        low, high = ends or (float(values.min()), float(values.max()))
        counts, _ = np.histogram(values, _BINS, (low, high))
        return cls(low, high, tuple(counts.tolist()))


@dataclass(frozen=True, slots=True)
class Distribution:
    """An amount per sample: seconds, dollars or tokens.

    Attributes:
        unit: Of the amounts.
        n: Samples with a known amount, of runs that reused nothing; but for ``total``, everything is of these.
        unknown: Samples whose amount is not known (a model without a price).
        total: Of all known amounts.
        mean: Over cases; repeats are averaged within a case first.
        p50: The median over samples.
        p95: What 95% of the samples stay within.
        histogram: Of the samples; None where there is none.
    """

    unit: str
    n: int
    unknown: int
    total: float
    mean: Measure
    p50: Measure
    p95: Measure
    histogram: Histogram | None


def mean_measure(
    values: NDArray[np.float64],
    unit: str,
    clusters: Sequence[int] | NDArray[np.int64] | None = None,
    weights: NDArray[np.float64] | None = None,
    ends: tuple[float, float] | None = None,
) -> Measure:
    """The mean of one value per case, with the interval that suits the values.

    Of 0 and 1: exact up to 40, Wilson's above. Where cases share a cluster or weigh differently: CR2 with
    Satterthwaite's t. Else Student's t. Where all values lie at the same end of their range, the exact interval of a
    proportion: a mean m of values up to 1 makes n ones no likelier than m to the n.

    Args:
        values: One a case.
        unit: Of the values.
        clusters: The cluster of each case; None where no two cases share one.
        weights: Of the cases; None where all are equal.
        ends: Between which every value lies, infinite where there is no such end; None where there is neither.
    """
    if not len(values):
        return Measure.none(unit, "no values")
    alone = clusters is None and weights is None
    if alone and ends == (0.0, 1.0) and bool(np.isin(values, (0.0, 1.0)).all()):
        return Measure.of(proportion_interval(int(values.sum()), len(values)), unit)
    found = mean_interval(values) if alone else cluster_mean_interval(values, clusters, weights)
    equal = bool(np.all(values == values[0]))
    if ends is not None and np.isfinite(ends).all() and found.bounds is None and values[0] in ends and equal:
        return _at_an_end(float(values[0]), unit, len(values), found.clusters or len(values), ends)
    return Measure.of(found if clusters is not None else replace(found, clusters=None), unit, ends)


def distribution(
    values: NDArray[np.float64],
    cases: NDArray[np.int64],
    unit: str,
    clusters: NDArray[np.int64] | None = None,
    weights: NDArray[np.float64] | None = None,
    whole: NDArray[np.bool_] | None = None,
) -> Distribution:
    """Amounts of samples; NaN where unknown.

    Args:
        values: One a sample.
        cases: The position of each sample's case.
        unit: Of the values.
        clusters: By case; None where no two cases share one.
        weights: By case; None where all are equal.
        whole: Which samples are of whole runs: the others count in the total alone. None where all are.
    """
    known = ~np.isnan(values)
    unknown, total = len(values) - int(known.sum()), float(values[known].sum())
    if whole is not None:
        known &= whole
    amounts, places = values[known], cases[known]
    if not len(amounts):
        nothing = Measure.none(unit, "no known values of whole runs")
        return Distribution(unit, 0, unknown, total, nothing, nothing, nothing, None)
    there, means, counts = case_means(amounts, places)
    groups = None if clusters is None else clusters[there]
    mean = mean_measure(means, unit, groups, None if weights is None else weights[there], (0.0, np.inf))
    repeated = len(there) < len(amounts)
    drawn = clusters[places] if clusters is not None else places if repeated else None
    heavy = None if weights is None else weights[places] / counts[np.searchsorted(there, places)]
    p50, p95 = (Measure.of(_quantile(amounts, share, drawn, heavy), unit) for share in (0.5, 0.95))
    return Distribution(unit, len(amounts), unknown, total, mean, p50, p95, Histogram.of(amounts))


def case_means(
    values: NDArray[np.float64], cases: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.int64]]:
    """The cases that have values, the mean of each, and how many each has."""
    there, place, counts = np.unique(cases, return_inverse=True, return_counts=True)
    return there, np.bincount(place, values, len(there)) / counts, counts


def _quantile(
    values: NDArray[np.float64],
    share: float,
    groups: NDArray[np.int64] | None,
    weights: NDArray[np.float64] | None,
) -> Interval:
    """By order statistics where values are independent and count the same, else by drawing groups of them."""
    if (groups is None and weights is None) or values.min() == values.max():
        return order_statistic_interval(values, share)
    clusters = None if groups is None else groups.tolist()
    return quantile_interval(values, share, clusters, weights, resamples=resamples_of(len(values)))


def resamples_of(n: int) -> int:
    """How many resamples of so many values a bootstrap draws, so that a report does not wait for it."""
    return min(_MOST_RESAMPLES, max(_LEAST_RESAMPLES, _DRAWS // n))


def _at_an_end(value: float, unit: str, n: int, groups: int, ends: tuple[float, float]) -> Measure:
    exact = clopper_pearson_interval(groups if value == ends[1] else 0, groups)
    assert exact.bounds is not None
    low, high = (ends[0] + (ends[1] - ends[0]) * bound for bound in exact.bounds)
    clusters = groups if groups != n else None
    return Measure(value, unit, n, low, high, exact.level, f"{exact.method}, all at one end", "", clusters)
