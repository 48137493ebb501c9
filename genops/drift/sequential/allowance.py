"""The allowance for a finite reference: how high the mean of a reading can be, given the rows that were seen of it.

A detector that compared production with the mean of 500 reference rows as though that were known would, sooner or
later, reject the sampling error of those 500 rows. It compares with the upper end of a confidence bound instead: the
least mean that a gambler who bets on low values refutes, whose capital under that mean could be expected to stay at 1
and reaches 1 / error with probability error at most (Markov). I. Waudby-Smith and A. Ramdas, Estimating means of
bounded random variables by betting, Journal of the Royal Statistical Society B 86 (2024), arXiv:2010.09686. The bound
holds for every distribution of values between 0 and 1 and every number of rows. As all rows are at hand at once, one
constant bet does it, and no capital is spent on bets that are not needed: which one, other rows say.
"""

from __future__ import annotations

from math import log

import numpy as np
from numpy.typing import NDArray

from genops.stats.interval import Floats

_BETS: Floats = np.array([0.01, 0.02, 0.04, 0.07, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9])
_HALVINGS = 6
_CHUNK = 64  # as many factors, each at least 0.1, as float64 can multiply


def upper_means(values: Floats, bets: Floats, error: float, counts: Floats | None = None) -> Floats:
    """The least mean of each column that is refuted, of shape (R,): its own is higher with probability ``error``.

    Args:
        values: Independent rows between 0 and 1, of shape (n, R).
        bets: A fraction for each column, chosen without a look at ``values``, of shape (R,).
        error: Of each bound.
        counts: How often each value of a column was seen, of shape (n, R); None for once.
    """
    return _refuted(values, bets, log(1 / error), counts)


def chosen_bets(fitted: Floats, n: int, error: float) -> Floats:
    """The bet of each column that would bound its mean most tightly, were ``n`` other rows as these are.

    Args:
        fitted: Rows that the bound is not made of, of shape (a, R).
        n: Rows that it is made of.
        error: Of each bound.
    """
    goal = log(1 / error) * len(fitted) / n
    bounds = [_refuted(fitted, np.full(fitted.shape[1], bet), goal) for bet in _BETS]
    return np.asarray(_BETS[np.argmin(bounds, axis=0)])


def _refuted(values: Floats, bets: Floats, goal: float, counts: Floats | None = None) -> Floats:
    below = np.ascontiguousarray(1 - values.T)  # a line a column: what is multiplied stands side by side
    often = None if counts is None else np.ascontiguousarray(counts.T)
    starts = np.arange(0, len(values), _CHUNK)
    factors = np.empty_like(below)

    def beyond(means: Floats) -> NDArray[np.bool_]:
        np.multiply(below, (bets / (1 - means))[:, None], out=factors)
        np.add(factors, (1 - bets)[:, None], out=factors)
        if often is not None:
            return np.asarray(np.einsum("rn,rn->r", often, np.log(factors)) >= goal)
        return np.asarray(np.log(np.multiply.reduceat(factors, starts, axis=1)).sum(axis=1) >= goal)

    n = len(values) if counts is None else counts.sum(axis=0)
    kept = np.average(values, axis=0, weights=counts)
    spread = np.average((values - kept) ** 2, axis=0, weights=counts)
    reach = np.sqrt(2 * goal * spread / n) + goal / n
    with np.errstate(over="ignore", divide="ignore", invalid="ignore"):
        while True:
            refuted = np.minimum(kept + reach, 1.0)
            done = beyond(refuted) | (refuted >= 1)
            if done.all():
                break
            kept, reach = np.where(done, kept, refuted), np.where(done, reach, 2 * reach)
        for _ in range(_HALVINGS):
            middle = (kept + refuted) / 2
            out = beyond(middle)
            refuted, kept = np.where(out, middle, refuted), np.where(out, kept, middle)
    return np.asarray(refuted)
