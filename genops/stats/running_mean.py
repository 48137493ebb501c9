"""An interval for the mean of a stream whose mean may move: it holds after every value at once.

What is estimated is the running mean, the average of what each unit was expected to be worth given those before it. The
bets of :class:`~genops.stats.ConfidenceSequence` are about one mean that stays as it is, and refute every mean where it
does not; these sums of the deviations from a mean allow for that. Both kinds are supermartingales under the running
mean m, whatever the single means are, so that by Ville's inequality their average ever reaches 1 / alpha with
probability at most alpha:

* exp(l S - psi(l) V) with psi(l) = -log(1 - l) - l, the sum S of the deviations, and the sum V of their squared
  distances from a prediction (X. Fan, I. Grama and Q. Liu, Exponential inequalities for martingales with applications,
  Electronic Journal of Probability 20, 2015; S. Howard, A. Ramdas, J. McAuliffe and J. Sekhon, Time-uniform,
  nonparametric, nonasymptotic confidence sequences, Annals of Statistics 49, 2021, theorem 4): narrow where values vary
  little;
* exp(l (S + n m) - n log(1 + m (exp(l) - 1))), as values between 0 and 1 spread no more than a coin, and the logarithm
  is concave in the single means (W. Hoeffding, Probability inequalities for sums of bounded random variables, JASA 58,
  1963, section 4): narrow where they are few, or all at one end.
"""

from __future__ import annotations

import numpy as np

from genops.stats.betting import Floats, Numbers, Units
from genops.stats.interval import Interval, check_level

METHOD = "running mean, mixed supermartingales (Howard et al.)"
_STEEP: Floats = 0.9 * 2.0 ** -np.arange(10.0)
_COINS: Floats = 6.0 * 2.0 ** -np.arange(10.0)
_FIRST: Floats = 1 / np.arange(1.0, 11.0)
_SPLIT: Floats = np.log(np.concatenate([_FIRST / _FIRST.sum(), np.full(10, 0.1)]) / 2)
"""Logarithms of what each of them starts with: half of all for either kind, more of it for the steep ones, which serve
values that vary so little that all of the width is the price of looking at all times."""
_GRID = 201
_HALVINGS = 22


def running_mean_interval(
    values: Numbers,
    weights: Numbers | None = None,
    largest_weight: float = 1.0,
    level: float = 0.95,
    ends: tuple[float, float] = (0.0, 1.0),
) -> Interval:
    """The interval of E[weight x value] / E[weight], each summed over the units so far.

    Args:
        values: One a unit, in the order in which they were drawn; one at least.
        weights: Of the units, as the inverse of the probability that each was drawn with; None where each weighs 1.
        largest_weight: No unit weighs more; it is known before any is drawn.
        level: Of confidence, for all times at once.
        ends: Between which every value lies.

    Raises:
        ValueError: There are no values, one or a weight is out of range, or the level is not between 0 and 1.
    """
    check_level(level)
    units = Units.checked(values, None, weights, ends)
    if not len(units.weights):
        raise ValueError("the mean of no values cannot be told")
    if units.weights.max() > largest_weight:
        raise ValueError(f"a unit weighs {units.weights.max():g}, more than {largest_weight:g}")
    share = units.weights / largest_weight
    sums = _Sums(units.values[0] * share, share)
    estimate = sums.total[0] / sums.total[1]
    most = np.log(2 / (1 - level))
    low, high = (_end(sums, estimate, end, most) for end in (0.0, 1.0))
    width = ends[1] - ends[0]
    estimate, low, high = (ends[0] + width * place for place in (estimate, low, high))
    return Interval(estimate, (low, high), level, sums.n, METHOD)


class _Sums:
    """What the deviations a - m b of units from a mean m sum to, for any m.

    Args:
        a: Weight times value of each unit, between 0 and b.
        b: Weight of each, as a share of the largest.
    """

    def __init__(self, a: Floats, b: Floats) -> None:
        seen = np.arange(1, len(a) + 1)
        rest = [part - (first + np.cumsum(part) - part) / seen for part, first in ((a, 0.5), (b, 1.0))]
        self.n = len(a)
        self.total = float(a.sum()), float(b.sum())
        self._squares = float(rest[0] @ rest[0]), float(rest[0] @ rest[1]), float(rest[1] @ rest[1])

    def evidence(self, means: Floats, sign: int) -> Floats:
        """The logarithm of the evidence that the running mean is above each mean; below it for a negative sign."""
        deviations = sign * (self.total[0] - means * self.total[1])[:, None]
        aa, ab, bb = self._squares
        squares = (aa - 2 * means * ab + means**2 * bb)[:, None]
        steep = _STEEP * deviations + (np.log1p(-_STEEP) + _STEEP) * squares
        share = (means if sign > 0 else 1 - means)[:, None]
        coins = _COINS * (deviations + self.n * share) - self.n * np.log1p(share * np.expm1(_COINS))
        mixed: Floats = np.logaddexp.reduce(np.concatenate([steep, coins], axis=1) + _SPLIT, axis=1)
        return mixed


def _end(sums: _Sums, estimate: float, end: float, most: float) -> float:
    """The mean farthest from the estimate, towards an end of what is possible, that is not refuted."""
    sign = 1 if end < estimate else -1
    means = np.linspace(end, estimate, _GRID)
    kept = int(np.argmax(sums.evidence(means, sign) < most))  # the estimate itself is never refuted
    if kept == 0:
        return end
    refuted, inside = means[kept - 1], means[kept]
    for _ in range(_HALVINGS):
        middle = (refuted + inside) / 2
        if sums.evidence(np.array([middle]), sign)[0] < most:
            inside = middle
        else:
            refuted = middle
    return float(refuted)
