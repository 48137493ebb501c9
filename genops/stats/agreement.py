"""How far two raters agree on the same cases, beyond what chance would give."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, replace
from numbers import Real
from typing import Any, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from genops.stats.bootstrap import expanded_bootstrap_interval
from genops.stats.clustered_proportion import ClusteredCounts
from genops.stats.clusters import Clusters, cluster_codes
from genops.stats.interval import Floats, Interval
from genops.stats.proportions import proportion_interval

Ratings: TypeAlias = Sequence[Hashable]
_DIGITS = 12
Weighting: TypeAlias = Literal["nominal", "linear", "quadratic"]


@dataclass(frozen=True, slots=True)
class ConfusionTable:
    """How often each pair of categories was given.

    Attributes:
        categories: In their order.
        counts: ``counts[i][j]`` cases are of category i by the first rater and j by the second.
    """

    categories: tuple[Any, ...]
    counts: tuple[tuple[int, ...], ...]

    @property
    def n(self) -> int:
        """Number of cases."""
        return sum(map(sum, self.counts))


def confusion_table(first: Ratings, second: Ratings, categories: Sequence[Hashable] = ()) -> ConfusionTable:
    """Count each pair of categories.

    Args:
        first: The category of each case by one rater.
        second: The category of the same cases by the other.
        categories: All there are, in their order; left out, those that occur, sorted.

    Raises:
        ValueError: There are no cases, not the same number for both, or a rating is of no category.
    """
    pairs = _Pairs.of(first, second, None, categories)
    table = np.zeros((len(pairs.categories), len(pairs.categories)), np.int64)
    table[pairs.left, pairs.right] = pairs.counts.sum(axis=0)
    return ConfusionTable(pairs.categories, tuple(map(tuple, table.tolist())))


def raw_agreement(first: Ratings, second: Ratings, clusters: Clusters | None = None, level: float = 0.95) -> Interval:
    """The share of cases on which two raters agree.

    Args:
        first: The category of each case by one rater.
        second: The category of the same cases by the other.
        clusters: The cluster of each case; None where each stands alone.
        level: Of confidence.

    Raises:
        ValueError: There are no cases, or not the same number for both, or the level is not between 0 and 1.
    """
    _check_pairs(first, second)
    agree = [left == right for left, right in zip(first, second, strict=True)]
    if clusters is None:
        return proportion_interval(sum(agree), len(agree), level)
    return ClusteredCounts.by_cluster(agree, clusters).interval(level)


def cohen_kappa(
    first: Ratings,
    second: Ratings,
    weighting: Weighting = "nominal",
    categories: Sequence[Hashable] = (),
    clusters: Clusters | None = None,
    level: float = 0.95,
    *,
    resamples: int = 2_000,
    seed: int = 0,
) -> Interval:
    """Cohen's kappa: agreement beyond what two raters of these habits would reach by chance.

    J. Cohen, A coefficient of agreement for nominal scales, Educational and Psychological Measurement 20 (1960);
    weighted: Psychological Bulletin 70 (1968). It is low wherever one category is rare, however well raters agree: read
    ``gwet_ac1`` beside it.

    Args:
        first: The category of each case by one rater.
        second: The category of the same cases by the other.
        weighting: Whether a disagreement counts as one, by the distance of the categories, or by its square. Categories
            that are numbers are as far apart as these, others as their places are.
        categories: All there are, in their order; left out, those that occur, sorted.
        clusters: The cluster of each case; None where each stands alone.
        level: Of confidence.
        resamples: Of the bootstrap.
        seed: Of the bootstrap.

    Raises:
        ValueError: There are no cases, not the same number for both, or a rating is of no category.
    """
    pairs = _Pairs.of(first, second, clusters, categories)
    apart = _distances(pairs.categories, weighting)
    given = apart[pairs.left, pairs.right]

    def kappa(shares: Floats) -> Floats:
        one, other = pairs.margins(shares)
        return 1 - _ratio(shares @ given, ((one @ apart) * other).sum(axis=1))

    name = "Cohen's kappa" if weighting == "nominal" else f"Cohen's kappa, {weighting} weights"
    return _bootstrapped(kappa, pairs.counts, len(first), name, level, resamples, seed)


def gwet_ac1(
    first: Ratings,
    second: Ratings,
    categories: Sequence[Hashable] = (),
    clusters: Clusters | None = None,
    level: float = 0.95,
    *,
    resamples: int = 2_000,
    seed: int = 0,
) -> Interval:
    """Gwet's AC1: agreement beyond chance that stays high where one category is rare and raters agree.

    K. Gwet, Computing inter-rater reliability and its variance in the presence of high agreement, British Journal of
    Mathematical and Statistical Psychology 61 (2008).

    Args:
        first: The category of each case by one rater.
        second: The category of the same cases by the other.
        categories: All there are; left out, those that occur.
        clusters: The cluster of each case; None where each stands alone.
        level: Of confidence.
        resamples: Of the bootstrap.
        seed: Of the bootstrap.

    Raises:
        ValueError: There are no cases, not the same number for both, or a rating is of no category.
    """
    pairs = _Pairs.of(first, second, clusters, categories)
    same = (pairs.left == pairs.right).astype(np.float64)

    def ac1(shares: Floats) -> Floats:
        one, other = pairs.margins(shares)
        share = (one + other) / 2
        chance = (share * (1 - share)).sum(axis=1) / max(1, len(pairs.categories) - 1)
        return _ratio(shares @ same - chance, 1 - chance)

    return _bootstrapped(ac1, pairs.counts, len(first), "Gwet's AC1", level, resamples, seed)


def _check_pairs(first: Ratings, second: Ratings) -> None:
    if len(first) != len(second) or not len(first):
        raise ValueError("two raters rate the same cases, of which there is at least one")


@dataclass(frozen=True, slots=True, eq=False)
class _Pairs:
    """The pairs of categories that were given: few of all that there could be where ratings are fine numbers.

    Attributes:
        left: Number of each pair's category by the first rater.
        right: The same by the second.
        counts: Clusters x pairs: how often each was given.
        categories: All there are.
    """

    left: NDArray[np.intp]
    right: NDArray[np.intp]
    counts: Floats
    categories: tuple[Any, ...]

    @classmethod
    def of(cls, first: Ratings, second: Ratings, clusters: Clusters | None, categories: Sequence[Hashable]) -> _Pairs:
        """Counts them; ratings must be of the categories, where those are told."""
        _check_pairs(first, second)
        known: tuple[Any, ...] = tuple(categories) or tuple(sorted({*first, *second}))
        numbers = {category: number for number, category in enumerate(known)}
        if unknown := {*first, *second} - numbers.keys():
            raise ValueError(f"{unknown.pop()!r} is none of the categories {', '.join(map(repr, known))}")
        codes, count = cluster_codes(clusters, len(first))
        size = len(known)
        cells = [numbers[left] * size + numbers[right] for left, right in zip(first, second, strict=True)]
        there, places = np.unique(cells, return_inverse=True)
        counts = np.bincount(codes * len(there) + places, minlength=count * len(there))
        return cls(there // size, there % size, counts.reshape(count, len(there)).astype(np.float64), known)

    def margins(self, shares: Floats) -> tuple[Floats, Floats]:
        """How often each rater gave each category, from the shares of the pairs."""
        every = np.eye(len(self.categories))
        return shares @ every[self.left], shares @ every[self.right]


def _distances(categories: Sequence[Any], weighting: Weighting) -> Floats:
    """How far categories are apart: by what they are where all are numbers, else by their places."""
    numbers = all(isinstance(category, Real) for category in categories)
    places = np.array(categories if numbers else range(len(categories)), dtype=np.float64)
    apart = np.abs(np.subtract.outer(places, places))
    powers = {"nominal": 0, "linear": 1, "quadratic": 2}
    return np.where(apart > 0, apart ** powers[weighting], 0.0)


def _ratio(above: Floats, below: Floats) -> Floats:
    ratios = np.full(len(above), np.nan)
    np.divide(above, below, out=ratios, where=np.abs(below) > 1e-12)
    return ratios


def _bootstrapped(
    coefficient: Callable[[Floats], Floats],
    pairs: Floats,
    n: int,
    name: str,
    level: float,
    resamples: int,
    seed: int,
) -> Interval:
    """The interval of a coefficient of the shares of pairs, which are counted by cluster."""

    def of(counts: Floats) -> Floats:
        given = counts @ pairs
        found = coefficient(given / given.sum(axis=1, keepdims=True))
        return np.round(found, _DIGITS) + 0.0  # kappa is 0 beside a constant rater, and rounding is no spread

    found = expanded_bootstrap_interval(of, len(pairs), n, level, resamples=resamples, seed=seed)
    return replace(found, method=f"{name}, {found.method}")
