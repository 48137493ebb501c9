"""What a check of a given size can see: a window is called quiet only where a change would have been likely to show."""

from __future__ import annotations

from math import sqrt

from genops.stats.distributions import normal_quantile

POWER = 0.8
"""Of five checks of a change of the size that is told, four alarm."""
_FITTED = 2.0


def visible_separation(
    reference: int, current: int, alpha: float, smallest: float = 0.0, power: float = POWER
) -> float | None:
    """The separation that alarms with a given power; None where none could, as even 1 is too small.

    By the normal approximation to the rank-sum statistic: G. E. Noether, Sample size determination for some common
    nonparametric tests, Journal of the American Statistical Association 82 (1987). An alarm needs a p-value of alpha
    and an estimate of at least ``smallest``. The witness is fitted to the rows, by which its variance counts twice
    (:mod:`genops.drift.effect`). It is what a witness can see that tells new rows when it sees them.

    Args:
        reference: Groups of the reference: each counts as one row, which is the least that it can be worth.
        current: Groups of the current window.
        alpha: What the p-value must be, corrections divided out.
        smallest: The least estimate that alarms.
        power: Probability of an alarm.
    """
    if reference < 2 or current < 2:
        return None
    total = reference + current
    share = current / total
    error = sqrt(_FITTED / (3 * share * (1 - share) * total))
    sure = normal_quantile(power) * error
    found = max(normal_quantile(1 - alpha) * error, smallest) + sure
    return found if found <= 1 else None
