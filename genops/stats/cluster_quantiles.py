"""The interval of a quantile of values that come in clusters, without drawing."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from genops.stats.clusters import Clusters, cluster_mean_interval
from genops.stats.interval import Floats, Interval, checked_sample

METHOD = "Woodruff, cluster-robust"


def cluster_quantile_interval(
    values: Sequence[float] | Floats, quantile: float, clusters: Clusters | None = None, level: float = 0.95
) -> Interval:
    """Two values of the sample between which a quantile lies, where values of one cluster may depend on one another.

    R. Woodruff, Confidence intervals for medians and other position measures, Journal of the American Statistical
    Association 47 (1952): the interval of the share of values at or below the quantile, read off on the scale of the
    values. The share's interval is that of :func:`~genops.stats.clusters.cluster_mean_interval`.

    Args:
        values: The sample.
        quantile: The share of values at or below it, between 0 and 1.
        clusters: The cluster of each value; None where each stands alone.
        level: Of confidence.

    Raises:
        ValueError: The sample is empty or not finite, or the level or the quantile is not between 0 and 1.
    """
    sample = checked_sample(values, level)
    if not 0 < quantile < 1:
        raise ValueError(f"a quantile lies between 0 and 1, not at {quantile}")
    ordered = np.sort(sample)
    estimate = _at(ordered, quantile)
    below = _below(sample, ordered, estimate, quantile)
    share = cluster_mean_interval(below, clusters, level=level)
    if share.bounds is None:
        return Interval(estimate, None, level, share.n, METHOD, share.missing, share.clusters)
    low, high = (_at(ordered, quantile + bound - share.estimate) for bound in share.bounds)
    return Interval(estimate, (low, high), level, share.n, METHOD, clusters=share.clusters)


def _below(sample: Floats, ordered: Floats, estimate: float, quantile: float) -> Floats:
    """1 below the quantile, 0 above it, and of the values that equal it the part that makes the mean the quantile."""
    first, last = np.searchsorted(ordered, estimate), np.searchsorted(ordered, estimate, side="right")
    part = (quantile * len(sample) - first) / (last - first)
    return np.where(sample < estimate, 1.0, np.where(sample == estimate, part, 0.0))


def _at(ordered: Floats, share: float) -> float:
    position = int(np.ceil(share * len(ordered) * (1 - 1e-12))) - 1
    return float(ordered[min(max(position, 0), len(ordered) - 1)])
