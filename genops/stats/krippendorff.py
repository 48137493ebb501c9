"""Krippendorff's alpha: how far any number of raters agree, some of whom may have left cases out."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import replace
from typing import Any, Literal, TypeAlias

import numpy as np

from genops.stats.bootstrap import cluster_bootstrap_interval
from genops.stats.clusters import Clusters, cluster_codes
from genops.stats.interval import Floats, Interval

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
    coincidences = np.zeros((count, len(categories), len(categories)))
    for code, case in zip(codes, given, strict=True):
        if len(case) > 1:
            votes = np.bincount([numbers[rating] for rating in case], minlength=len(categories))
            coincidences[code] += (np.outer(votes, votes) - np.diag(votes)) / (len(case) - 1)
    flat = coincidences.reshape(count, -1)
    values = np.array(categories if metric == "interval" else range(len(categories)), dtype=np.float64)

    def alpha(counts: Floats) -> Floats:
        return _alpha((counts @ flat).reshape(-1, len(categories), len(categories)), values, metric)

    found = cluster_bootstrap_interval(alpha, count, len(given), level, resamples=resamples, seed=seed)
    return replace(found, method=f"Krippendorff's alpha, {metric}, {found.method}")


def _categories(given: list[list[Any]], metric: Metric) -> list[Any]:
    found = {rating for case in given if len(case) > 1 for rating in case}
    if metric == "nominal":
        return list(dict.fromkeys(rating for case in given if len(case) > 1 for rating in case))
    try:
        return sorted(found, key=float if metric == "interval" else None)
    except (TypeError, ValueError):
        raise ValueError(f"the {metric} metric needs ratings that are numbers or of one ordered kind") from None


def _alpha(coincidences: Floats, values: Floats, metric: Metric) -> Floats:
    """Alpha of each table of coincidences: sum of observed over expected squared differences (Krippendorff's E)."""
    totals = coincidences.sum(axis=2)
    if metric == "ordinal":
        values = np.cumsum(totals, axis=1) - totals / 2
    differences = np.subtract(values[..., :, None], values[..., None, :]) ** 2
    if metric == "nominal":
        differences = (differences > 0).astype(np.float64)
    observed = (coincidences * differences).sum(axis=(1, 2))
    expected = (totals[:, :, None] * totals[:, None, :] * differences).sum(axis=(1, 2))
    pairable = totals.sum(axis=1) - 1
    disagreement = np.full(len(expected), np.nan)
    np.divide(pairable * observed, expected, out=disagreement, where=expected > 0)
    return 1 - disagreement
