"""Means of values that come in clusters: cases of one document, turns of one conversation, versions of one question."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import replace
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from genops.stats.distributions import student_quantile
from genops.stats.interval import Floats, Interval, alike, checked_sample
from genops.stats.permutation import Alternative, PermutationTest, paired_permutation_test

Clusters: TypeAlias = Sequence[Hashable] | NDArray[np.generic]
CR2 = "CR2 with Satterthwaite's t"


def cluster_mean_interval(
    values: Sequence[float] | Floats,
    clusters: Clusters | None = None,
    weights: Sequence[float] | Floats | None = None,
    level: float = 0.95,
) -> Interval:
    """The interval of a weighted mean whose values may depend on one another within a cluster.

    The bias-reduced variance CR2 with Satterthwaite's degrees of freedom: R. Bell and D. McCaffrey, Bias reduction in
    standard errors for linear regression with multi-stage samples, Survey Methodology 28 (2002); that it holds for few
    and unequal clusters: J. Pustejovsky and E. Tipton, Small-sample methods for cluster-robust variance estimation,
    Journal of Business & Economic Statistics 36 (2018). For clusters of one weight each it is Student's t over their
    means. For a paired comparison the values are the differences.

    Args:
        values: The sample.
        clusters: The cluster of each value; None where each stands alone.
        weights: How much each value counts, above zero; None where all count the same.
        level: Of confidence.

    Raises:
        ValueError: The lengths differ, the sample is empty or not finite, a weight is not above zero, or the level is
            not between 0 and 1.
    """
    sample = checked_sample(values, level)
    weight = checked_weights(weights, len(sample))
    codes, count = cluster_codes(clusters, len(sample))
    totals = np.bincount(codes, weight, count)
    share = totals / weight.sum()
    mean = float(weight @ sample / weight.sum())
    off = np.bincount(codes, weight * (sample - mean), count) / weight.sum()
    alone = share.max() >= 1  # also where all others together weigh no more than rounding
    if alone or alike(np.bincount(codes, weight * sample, count) / totals):
        missing = "one cluster tells" if alone else f"the means of all {count} clusters are equal, which tells"
        return Interval(mean, None, level, len(sample), CR2, f"{missing} nothing of the spread", count)
    error = np.sqrt((off**2 / (1 - share)).sum())
    reach = student_quantile(satterthwaite(share), (1 + level) / 2) * float(error)
    return Interval(mean, (mean - reach, mean + reach), level, len(sample), CR2, clusters=count)


def cluster_permutation_test(
    differences: Sequence[float] | Floats,
    clusters: Clusters | None = None,
    weights: Sequence[float] | Floats | None = None,
    alternative: Alternative = "two-sided",
    *,
    resamples: int = 9_999,
    seed: int = 0,
) -> PermutationTest:
    """Whether paired values differ, by flipping the signs of whole clusters of differences.

    As ``paired_permutation_test``, for differences that may depend on one another within a cluster: which of a pair is
    which is decided once for all pairs of a cluster.

    Args:
        differences: One a pair, not empty, finite.
        clusters: The cluster of each pair; None where each stands alone.
        weights: How much each pair counts, above zero; None where all count the same.
        alternative: ``greater`` asks whether they are above zero, ``less`` whether below.
        resamples: Choices of signs to draw where there are too many for all.
        seed: Of the draws.

    Raises:
        ValueError: The lengths differ, the differences are empty or not finite, or a weight is not above zero.
    """
    sample = np.asarray(differences, dtype=np.float64)
    codes, count = cluster_codes(clusters, len(sample))
    totals: Floats = np.bincount(codes, checked_weights(weights, len(sample)) * sample, count).astype(np.float64)
    found = paired_permutation_test(totals, alternative, resamples=resamples, seed=seed)
    return replace(found, n=len(sample), clusters=count)


def cluster_codes(clusters: Clusters | None, n: int) -> tuple[NDArray[np.intp], int]:
    """The clusters as numbers from 0 in order of appearance, and how many there are.

    Args:
        clusters: The cluster of each value; None where each stands alone.
        n: How many values there are.

    Raises:
        ValueError: There are not as many clusters named as values.
    """
    if clusters is None:
        return np.arange(n), n
    if len(clusters) != n:
        raise ValueError(f"{n} values name {n} clusters, not {len(clusters)}")
    numbers: dict[Hashable, int] = {}
    codes = np.fromiter((numbers.setdefault(cluster, len(numbers)) for cluster in clusters), np.intp, n)
    return codes, len(numbers)


def checked_weights(weights: Sequence[float] | Floats | None, n: int) -> Floats:
    """The weights as an array, all 1 where none are given.

    Raises:
        ValueError: There are not ``n``, or one is not finite and above zero.
    """
    if weights is None:
        return np.ones(n)
    array = np.asarray(weights, dtype=np.float64)
    if array.shape != (n,):
        raise ValueError(f"{n} values have {n} weights, not {array.size}")
    if not (np.isfinite(array) & (array > 0)).all():
        raise ValueError("a weight is finite and above zero")
    return array


def satterthwaite(share: Floats) -> float:
    """Degrees of freedom under independent values of one variance; ``share`` is each cluster's part of the weight.

    Bell and McCaffrey's 1 / tr(M^2) in closed form: for a mean, M_gh is p_g where g = h, else
    -p_g p_h / sqrt((1 - p_g)(1 - p_h)). The largest cluster is summed apart: beside its square, the products of the
    others are lost in rounding.
    """
    odds = np.sort(share**2 / (1 - share))
    rest, largest = odds[:-1], odds[-1]
    products = 2 * largest * rest.sum() + rest.sum() ** 2 - (rest**2).sum()
    return float(1 / ((share**2).sum() + products))
