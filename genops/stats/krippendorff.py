"""Krippendorff's alpha: how far any number of raters agree, some of whom may have left cases out."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Hashable, Sequence
from dataclasses import replace
from typing import Any, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from genops.stats.bootstrap import expanded_bootstrap_interval
from genops.stats.clusters import Clusters, cluster_codes
from genops.stats.interval import Floats, Interval

Places: TypeAlias = NDArray[np.intp]
Metric: TypeAlias = Literal["nominal", "ordinal", "interval"]


def krippendorff_alpha(
    ratings: Sequence[Sequence[Hashable | None]],
    metric: Metric = "nominal",
    clusters: Clusters | None = None,
    level: float = 0.95,
    *,
    resamples: int = 2_000,
    seed: int = 0,
) -> Interval:
    """One minus the disagreement observed over that expected if all ratings were dealt out at random.

    K. Krippendorff, Computing Krippendorff's alpha-reliability (2011). A case with fewer than two ratings says nothing.

    Args:
        ratings: Of each case, in any order and number; None where a rater gave none.
        metric: How far two ratings differ: at all, by the ratings between them, or by their difference.
        clusters: The cluster of each case; None where each stands alone.
        level: Of confidence.
        resamples: Of the bootstrap.
        seed: Of the bootstrap.

    Raises:
        ValueError: There are no cases, or ratings have no order or difference where the metric needs one.
    """
    given = [[rating for rating in case if rating is not None] for case in ratings]
    if not any(len(case) > 1 for case in given):
        raise ValueError("agreement needs a case with at least two ratings")
    categories = _categories(given, metric)
    numbers = {category: number for number, category in enumerate(categories)}
    codes, count = cluster_codes(clusters, len(given))
    found: dict[tuple[int, int, int], float] = {}
    for code, case in zip(codes, given, strict=True):
        votes = Counter(numbers[rating] for rating in case)
        for left, right in itertools.product(votes, repeat=2) if len(case) > 1 else ():
            shared = votes[left] * (votes[right] - (left == right)) / (len(case) - 1)
            found[int(code), left, right] = found.get((int(code), left, right), 0.0) + shared
    places = np.array([*found], np.intp)
    cells, columns = np.unique(places[:, 1] * len(categories) + places[:, 2], return_inverse=True)
    coincidences = np.zeros((count, len(cells)))
    coincidences[places[:, 0], columns] = [*found.values()]
    pairs = (cells // len(categories), cells % len(categories))
    values = np.array(categories if metric == "interval" else range(len(categories)), dtype=np.float64)

    def alpha(counts: Floats) -> Floats:
        return _alpha(counts @ coincidences, pairs, values, metric)

    interval = expanded_bootstrap_interval(alpha, count, len(given), level, resamples=resamples, seed=seed)
    return replace(interval, method=f"Krippendorff's alpha, {metric}, {interval.method}")


def _categories(given: list[list[Any]], metric: Metric) -> list[Any]:
    found = {rating for case in given if len(case) > 1 for rating in case}
    if metric == "nominal":
        return list(dict.fromkeys(rating for case in given if len(case) > 1 for rating in case))
    try:
        return sorted(found, key=float if metric == "interval" else None)
    except (TypeError, ValueError):
        raise ValueError(f"the {metric} metric needs ratings that are numbers or of one ordered kind") from None


def _alpha(coincidences: Floats, pairs: tuple[Places, Places], values: Floats, metric: Metric) -> Floats:
    """Alpha of each row of coincidences: sum of observed over expected squared differences (Krippendorff's E).

    Args:
        coincidences: Resamples x pairs of categories that were given to one case.
        pairs: Numbers of the categories of each pair.
        values: Of the categories.
        metric: How far two of them differ.
    """
    left, right = pairs
    totals = coincidences @ np.eye(len(values))[left]
    n = totals.sum(axis=1)
    if metric == "nominal":
        observed = coincidences @ (left != right).astype(np.float64)
        expected = n**2 - (totals**2).sum(axis=1)
    else:
        worth = np.cumsum(totals, axis=1) - totals / 2 if metric == "ordinal" else np.broadcast_to(values, totals.shape)
        worth = worth - (totals * worth).sum(axis=1, keepdims=True) / n[:, None]
        observed = (coincidences * (worth[:, left] - worth[:, right]) ** 2).sum(axis=1)
        expected = 2 * n * (totals * worth**2).sum(axis=1)
    disagreement = np.full(len(expected), np.nan)
    np.divide((n - 1) * observed, expected, out=disagreement, where=(totals > 0).sum(axis=1) > 1)
    return 1 - disagreement
