"""The interval of a difference of two estimates of separate samples, from the interval of each."""

from __future__ import annotations

from math import hypot

from genops.stats.interval import Interval

METHOD = "MOVER"


def difference_interval(first: Interval, second: Interval) -> Interval:
    """How far the first is above the second.

    The method of variance estimates recovery (MOVER): each end of the difference lies as far from it as the ends of the
    two that pull that way, by Pythagoras. R. Newcombe, Interval estimation for the difference between independent
    proportions, Statistics in Medicine 17 (1998); for any two intervals: G. Zou and A. Donner, Construction of
    confidence limits about effect measures, Statistics in Medicine 27 (2008). For two of Student's intervals it is
    nearly Welch's.

    Args:
        first: An estimate with its interval.
        second: Of another sample, at the same level.

    Raises:
        ValueError: The levels differ.
    """
    if first.level != second.level:
        raise ValueError(f"intervals at the levels {first.level} and {second.level} have no common one")
    estimate, n = first.estimate - second.estimate, first.n + second.n
    named = first.clusters is not None or second.clusters is not None
    clusters = (first.clusters or first.n) + (second.clusters or second.n) if named else None
    if first.bounds is None or second.bounds is None:
        missing = first.missing if first.bounds is None else second.missing
        return Interval(estimate, None, first.level, n, METHOD, missing, clusters)
    low = hypot(first.estimate - first.bounds[0], second.bounds[1] - second.estimate)
    high = hypot(first.bounds[1] - first.estimate, second.estimate - second.bounds[0])
    return Interval(estimate, (estimate - low, estimate + high), first.level, n, METHOD, clusters=clusters)
