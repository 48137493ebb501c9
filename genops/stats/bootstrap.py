"""Bootstrap intervals of any statistic of values that come in clusters, by resampling whole clusters."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from math import sqrt
from typing import Literal, Protocol, TypeAlias

import numpy as np

from genops.stats.clusters import Clusters, checked_weights, cluster_codes
from genops.stats.distributions import normal_share, student_quantile
from genops.stats.interval import Floats, Interval, bca_bounds, check_level, checked_sample
from genops.stats.order_statistics import quantile_ranks

Kind: TypeAlias = Literal["BCa", "percentile"]
_BLOCK = 250_000
_LEAST_DEFINED = 0.9
_FEWEST = 5


class ClusterStatistic(Protocol):
    """What tells a statistic of each resample from how often it holds each cluster."""

    def __call__(self, counts: Floats, /) -> Floats:
        """The statistic of each row of ``counts``, of shape (resamples, clusters); NaN where it is not defined."""
        ...


def cluster_bootstrap_interval(
    statistic: ClusterStatistic,
    clusters: int,
    n: int,
    level: float = 0.95,
    kind: Kind = "BCa",
    *,
    resamples: int = 2_000,
    seed: int = 0,
    left_out: Floats | None = None,
) -> Interval:
    """The interval of a statistic when clusters are drawn with replacement.

    B. Efron and R. Tibshirani, An Introduction to the Bootstrap (1993), chapters 13 and 14; that clusters are what is
    to be drawn: C. Field and A. Welsh, Bootstrapping clustered data, Journal of the Royal Statistical Society B 69
    (2007). Resamples in which the statistic is not defined are left out; if more than a tenth, there are no bounds.

    Args:
        statistic: Of how often each cluster is in a resample.
        clusters: How many there are.
        n: How many values they hold, for the record.
        level: Of confidence.
        kind: ``BCa`` follows bias and skew, ``percentile`` is for statistics that jump, such as quantiles.
        resamples: How many to draw.
        seed: Of the draws: the same seed gives the same interval.
        left_out: The statistic without each cluster in turn, where a formula gives it; else it is asked for each.

    Raises:
        ValueError: The level is not between 0 and 1.
    """
    check_level(level)
    method = f"{kind} bootstrap of clusters" if clusters < n else f"{kind} bootstrap"
    estimate = float(statistic(np.ones((1, clusters)))[0])
    random = np.random.default_rng(seed)
    block = max(1, _BLOCK // clusters)
    drawn = np.concatenate(
        [
            statistic(_drawn_counts(random, min(block, resamples - start), clusters))
            for start in range(0, resamples, block)
        ]
    )
    defined = drawn[np.isfinite(drawn)]
    missing = ""
    if clusters == 1:
        missing = "one cluster tells nothing of the spread"
    elif not np.isfinite(estimate) or len(defined) < _LEAST_DEFINED * resamples:
        missing = "it is not defined for too many resamples"
    bounds = None
    if not missing and kind == "BCa":
        left_out = _left_out(statistic, clusters, block) if left_out is None else left_out
        bounds = bca_bounds(estimate, defined, left_out[np.isfinite(left_out)], level)
        missing = "" if bounds else "resamples do not vary enough"
    elif not missing:
        low, high = np.quantile(defined, [(1 - level) / 2, (1 + level) / 2])
        bounds = float(low), float(high)
    return Interval(estimate, bounds, level, n, method, missing, clusters if clusters < n else None)


def expanded_bootstrap_interval(
    statistic: ClusterStatistic, clusters: int, n: int, level: float = 0.95, *, resamples: int = 2_000, seed: int = 0
) -> Interval:
    """As ``cluster_bootstrap_interval``, and as wide as few clusters want it: resamples of few vary too little.

    T. Hesterberg, What Teachers Should Know About the Bootstrap, The American Statistician 69 (2015), section 5.3: the
    level at which Student's t of the clusters, times the root of k / (k - 1), lies among those of the normal
    distribution. No bounds below five clusters, where there are too few resamples of another kind.

    Args:
        statistic: Of how often each cluster is in a resample.
        clusters: How many there are.
        n: How many values they hold, for the record.
        level: Of confidence.
        resamples: How many to draw.
        seed: Of the draws: the same seed gives the same interval.

    Raises:
        ValueError: The level is not between 0 and 1.
    """
    check_level(level)
    wide = level
    if clusters >= _FEWEST:
        reach = student_quantile(clusters - 1, (1 + level) / 2) * sqrt(clusters / (clusters - 1))
        wide = 2 * normal_share(reach) - 1
    found = cluster_bootstrap_interval(statistic, clusters, n, wide, resamples=resamples, seed=seed)
    if found.bounds is not None and clusters < _FEWEST:
        found = replace(found, bounds=None, missing="fewer than five clusters tell too little of the spread")
    return replace(found, level=level, method=f"expanded {found.method}")


def ratio_interval(
    numerators: Sequence[float] | Floats,
    denominators: Sequence[float] | Floats,
    clusters: Clusters | None = None,
    level: float = 0.95,
    *,
    resamples: int = 2_000,
    seed: int = 0,
) -> Interval:
    """The interval of a ratio of two sums, as cost per success.

    Args:
        numerators: What is summed above.
        denominators: What is summed below, for the same cases.
        clusters: The cluster of each case; None where each stands alone.
        level: Of confidence.
        resamples: How many to draw.
        seed: Of the draws.

    Raises:
        ValueError: The lengths differ, there are no cases, or something is not finite.
    """
    above, below = checked_sample(numerators, level), checked_sample(denominators, level)
    if len(above) != len(below):
        raise ValueError(f"{len(above)} numerators have {len(above)} denominators, not {len(below)}")
    codes, count = cluster_codes(clusters, len(above))
    sums = np.column_stack([np.bincount(codes, above, count), np.bincount(codes, below, count)])

    def ratio(counts: Floats) -> Floats:
        return _ratios(counts @ sums)

    left_out = _ratios(sums.sum(axis=0) - sums)
    if np.ptp(left_out) == 0:  # every cluster has the same ratio, and so has every resample
        resamples = 1
    return cluster_bootstrap_interval(
        ratio, count, len(above), level, resamples=resamples, seed=seed, left_out=left_out
    )


def quantile_interval(
    values: Sequence[float] | Floats,
    quantile: float,
    clusters: Clusters | None = None,
    weights: Sequence[float] | Floats | None = None,
    level: float = 0.95,
    *,
    resamples: int = 2_000,
    seed: int = 0,
) -> Interval:
    """The interval of a quantile: the least value that so much of the weight is at or below.

    There are no bounds where as many independent values as there are clusters, by Kish's effective number, would be too
    few for :func:`~genops.stats.order_statistics.order_statistic_interval`: resamples know nothing beyond the largest
    value, and an interval that ends there covers too little.

    Args:
        values: The sample.
        quantile: The share of the weight, above 0 and at most 1.
        clusters: The cluster of each value; None where each stands alone.
        weights: How much each value counts; None where all count the same.
        level: Of confidence.
        resamples: How many to draw.
        seed: Of the draws.

    Raises:
        ValueError: The lengths differ, the sample is empty or not finite, or the quantile is not a share.
    """
    sample = checked_sample(values, level)
    if not 0 < quantile <= 1:
        raise ValueError(f"a quantile lies above 0 and at most at 1, not at {quantile}")
    codes, count = cluster_codes(clusters, len(sample))
    order = np.argsort(sample, kind="stable")
    sorted_values, sorted_codes = sample[order], codes[order]
    weight = checked_weights(weights, len(sample))[order]
    shares = np.bincount(sorted_codes, weight)
    effective = int(shares.sum() ** 2 / (shares**2).sum() * (1 + 1e-12))

    def of(counts: Floats) -> Floats:
        reached = np.cumsum(counts[:, sorted_codes] * weight, axis=1)
        wanted = quantile * reached[:, -1:] * (1 - 1e-12)
        return np.asarray(sorted_values[np.argmax(reached >= wanted, axis=1)], dtype=np.float64)

    few = quantile < 1 and quantile_ranks(effective, quantile, level) is None
    drawn = 1 if few else resamples
    found = cluster_bootstrap_interval(of, count, len(sample), level, "percentile", resamples=drawn, seed=seed)
    if not few or found.missing:
        return found
    told = f"{effective} independent values in effect are too few to tell this quantile's spread"
    return replace(found, bounds=None, missing=told)


def _drawn_counts(random: np.random.Generator, rows: int, clusters: int) -> Floats:
    """How often each cluster is drawn. Counting the draws takes a third of the time of drawing the counts."""
    drawn = random.integers(clusters, size=(rows, clusters)) + clusters * np.arange(rows)[:, np.newaxis]
    counts = np.bincount(drawn.ravel(), minlength=rows * clusters).reshape(rows, clusters)
    return counts.astype(np.float64)


def _ratios(sums: Floats) -> Floats:
    """The first column by the second; NaN where that is 0."""
    found = np.full(len(sums), np.nan)
    np.divide(sums[:, 0], sums[:, 1], out=found, where=sums[:, 1] != 0)
    return found


def _left_out(statistic: ClusterStatistic, clusters: int, block: int) -> Floats:
    """The statistic without each cluster in turn."""
    parts = []
    for start in range(0, clusters, block):
        rows = np.arange(start, min(start + block, clusters))
        counts = np.ones((len(rows), clusters))
        counts[np.arange(len(rows)), rows] = 0
        parts.append(statistic(counts))
    return np.concatenate(parts)
