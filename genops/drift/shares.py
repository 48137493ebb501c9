"""Shares of rows, before and now, with intervals that know of groups."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from genops.stats import (
    Interval,
    clopper_pearson_interval,
    cluster_mean_interval,
    difference_interval,
    proportion_interval,
)


def share_interval(inside: NDArray[np.bool_], groups: NDArray[np.intp], level: float = 0.95) -> Interval:
    """The share of rows that are inside.

    Where rows stand alone it is that of a proportion; where they come in groups, that of a mean of clusters; where the
    groups tell no spread, as when no row is inside, as though each group were one row.

    Args:
        inside: Of each row, at least one.
        groups: Of each row.
        level: Of confidence.
    """
    clusters = len(np.unique(groups))
    if clusters == len(inside):
        return proportion_interval(int(inside.sum()), len(inside), level)
    found = cluster_mean_interval(inside.astype(np.float64), groups, level=level)
    if found.bounds is not None:
        return found.within(0.0, 1.0)
    if found.estimate in (0.0, 1.0):
        alone = clopper_pearson_interval(round(clusters * found.estimate), clusters, level)
        return replace(alone, n=len(inside), clusters=clusters)
    return found


def change_interval(before: Interval, now: Interval) -> Interval:
    """The difference of two independent shares, now less before, from their intervals.

    R. Newcombe, Interval estimation for the difference between independent proportions: comparison of eleven methods,
    Statistics in Medicine 17 (1998), method 10; for any two intervals: G. Zou and A. Donner, Construction of confidence
    limits about effect measures, Statistics in Medicine 27 (2008).

    Args:
        before: The share in the reference.
        now: The share in the current window.
    """
    found = difference_interval(now, before).within(-1.0, 1.0)
    return replace(found, method=f"difference of two: {now.method}", clusters=None)
