"""How far two raters agree on the same cases, beyond what chance would give."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, TypeAlias

import numpy as np

from genops.stats.bootstrap import cluster_bootstrap_interval
from genops.stats.clusters import Clusters, cluster_codes, cluster_mean_interval
from genops.stats.interval import Floats, Interval
from genops.stats.proportions import proportion_interval

Ratings: TypeAlias = Sequence[Hashable]
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
    known, tables = _tables(first, second, None, categories)
    counts = tables.sum(axis=0).astype(int).tolist()
    return ConfusionTable(known, tuple(tuple(row) for row in counts))


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
    agree = np.array([left == right for left, right in zip(first, second, strict=True)], dtype=np.float64)
    if clusters is None:
        return proportion_interval(int(agree.sum()), len(agree), level)
    found = cluster_mean_interval(agree, clusters, level=level)
    return found if found.bounds is None else replace(found, bounds=(max(found.bounds[0], 0), min(found.bounds[1], 1)))


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
        weighting: Whether a disagreement counts as one, by the distance of the categories, or by its square.
        categories: All there are, in their order; left out, those that occur, sorted.
        clusters: The cluster of each case; None where each stands alone.
        level: Of confidence.
        resamples: Of the bootstrap.
        seed: Of the bootstrap.

    Raises:
        ValueError: There are no cases, not the same number for both, or a rating is of no category.
    """
    known, tables = _tables(first, second, clusters, categories)
    apart = _distances(len(known), weighting)

    def kappa(table: Floats) -> Floats:
        expected = np.einsum("ri,rj,ij->r", table.sum(axis=2), table.sum(axis=1), apart)
        return 1 - _ratio((table * apart).sum(axis=(1, 2)), expected)

    name = "Cohen's kappa" if weighting == "nominal" else f"Cohen's kappa, {weighting} weights"
    return _bootstrapped(kappa, tables, len(first), name, level, resamples, seed)


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
    known, tables = _tables(first, second, clusters, categories)

    def ac1(table: Floats) -> Floats:
        share = (table.sum(axis=2) + table.sum(axis=1)) / 2
        chance = (share * (1 - share)).sum(axis=1) / max(1, len(known) - 1)
        return _ratio(np.trace(table, axis1=1, axis2=2) - chance, 1 - chance)

    return _bootstrapped(ac1, tables, len(first), "Gwet's AC1", level, resamples, seed)


def _check_pairs(first: Ratings, second: Ratings) -> None:
    if len(first) != len(second) or not len(first):
        raise ValueError("two raters rate the same cases, of which there is at least one")


def _tables(
    first: Ratings, second: Ratings, clusters: Clusters | None, categories: Sequence[Hashable]
) -> tuple[tuple[Any, ...], Floats]:
    """The categories, and for each cluster how often each pair of them was given."""
    _check_pairs(first, second)
    known: tuple[Any, ...] = tuple(categories) or tuple(sorted({*first, *second}))
    numbers = {category: number for number, category in enumerate(known)}
    if unknown := {*first, *second} - numbers.keys():
        raise ValueError(f"{unknown.pop()!r} is none of the categories {', '.join(map(repr, known))}")
    codes, count = cluster_codes(clusters, len(first))
    size = len(known)
    cells = [numbers[left] * size + numbers[right] for left, right in zip(first, second, strict=True)]
    tables = np.bincount(codes * size**2 + np.array(cells), minlength=count * size**2)
    return known, tables.reshape(count, size, size).astype(np.float64)


def _distances(size: int, weighting: Weighting) -> Floats:
    apart = np.abs(np.subtract.outer(np.arange(size), np.arange(size))).astype(np.float64)
    powers = {"nominal": 0, "linear": 1, "quadratic": 2}
    return np.where(apart > 0, apart ** powers[weighting], 0.0)


def _ratio(above: Floats, below: Floats) -> Floats:
    ratios = np.full(len(above), np.nan)
    np.divide(above, below, out=ratios, where=np.abs(below) > 1e-12)
    return ratios


def _bootstrapped(
    coefficient: Callable[[Floats], Floats],
    tables: Floats,
    n: int,
    name: str,
    level: float,
    resamples: int,
    seed: int,
) -> Interval:
    """The interval of a coefficient of a table of shares."""
    flat = tables.reshape(len(tables), -1)

    def of(counts: Floats) -> Floats:
        table = counts @ flat
        shares = table / table.sum(axis=1, keepdims=True)
        return coefficient(shares.reshape(-1, *tables.shape[1:]))

    found = cluster_bootstrap_interval(of, len(tables), n, level, resamples=resamples, seed=seed)
    return replace(found, method=f"{name}, {found.method}")
