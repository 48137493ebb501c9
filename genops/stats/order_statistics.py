"""The interval of a quantile of independent values, from two of the values themselves."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil

import numpy as np

from genops.stats.distributions import binomial_quantile
from genops.stats.interval import Floats, Interval, checked_sample

METHOD = "order statistics"


def order_statistic_interval(values: Sequence[float] | Floats, quantile: float, level: float = 0.95) -> Interval:
    """Two values of the sample between which a quantile lies, whatever the values are distributed like.

    How many of n values lie below the quantile is binomial: W. R. Thompson, On confidence ranges for the median and
    other expectation distributions for populations of unknown distribution form, Annals of Mathematical Statistics 7
    (1936). It never covers less than it says, and is what the bootstrap of a quantile approximates by drawing.

    Args:
        values: The sample.
        quantile: The share of values at or below it, between 0 and 1.
        level: Of confidence.

    Raises:
        ValueError: The sample is empty or not finite, or the level or the quantile is not between 0 and 1.
    """
    sample = np.sort(checked_sample(values, level))
    if not 0 < quantile < 1:
        raise ValueError(f"a quantile lies between 0 and 1, not at {quantile}")
    n = len(sample)
    estimate = float(sample[ceil(quantile * n * (1 - 1e-12)) - 1])
    ranks = quantile_ranks(n, quantile, level)
    if ranks is None:
        return Interval(estimate, None, level, n, METHOD, f"{n} values are too few to tell this quantile's spread")
    below, above = ranks
    return Interval(estimate, (float(sample[below - 1]), float(sample[above - 1])), level, n, METHOD)


def quantile_ranks(n: int, quantile: float, level: float = 0.95) -> tuple[int, int] | None:
    """Ranks, from 1, of two of n values between which a quantile lies; None where n values are too few.

    Args:
        n: How many values there are.
        quantile: The share of values at or below it, between 0 and 1.
        level: Of confidence.
    """
    below = binomial_quantile((1 - level) / 2, n, quantile)
    above = binomial_quantile((1 + level) / 2, n, quantile) + 1
    return None if below < 1 or above > n else (below, above)
