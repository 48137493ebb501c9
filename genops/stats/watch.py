"""Whether a look at a test is worth its while: that may be asked after every unit, at a fraction of what a look costs.

The capital of both gamblers is followed in plain numbers, as numpy spends more time on being called than on one unit.
Where it comes within a hair of what decides, the test itself is to be looked at, so that every verdict is its own.
"""

from __future__ import annotations

from math import exp, inf
from operator import mul

from genops.stats.betting import FRACTIONS, ROUNDING, FiniteDataset, Floats
from genops.stats.sequential import SequentialTest

LONGEST = 200
"""How many units are watched, at most, before the test takes them."""
_HAIR = 1e-6  # far more than rounding comes to in that time
_LEAST = exp(-80)  # wealth that stays a number in that time: no bet loses more than 95% at once
_FRACTIONS: tuple[float, ...] = tuple(FRACTIONS.tolist())


class Watch:
    """The units that come after those that a test has seen.

    Args:
        test: It; it is left as it is.
        alpha: How often "at least" may be wrong, at most: it is said while that gambler has more than the other.
        alpha_below: How often "below" may be.
    """

    def __init__(self, test: SequentialTest, alpha: float, alpha_below: float) -> None:
        found, bets, claim = test.result(), test.bets, test.claim
        self._start, self._end = test.ends
        self._width = self._end - self._start
        fair_high, fair_low = self._fair = test.means[0].item(), test.means[1].item()
        self._totals: tuple[float, float] = bets.totals[0].item(), bets.totals[1].item()
        self._seen = bets.weight
        if isinstance(claim, FiniteDataset):
            self._total: float | None = claim.total_weight
            self._largest, self._slack = 1.0, ROUNDING * claim.total_weight
            self._wanted = fair_high * claim.total_weight, fair_low * claim.total_weight
        else:
            self._total = None
            self._largest, self._slack = claim.largest_weight, ROUNDING
            self._wanted = inf, 0.0 if fair_low <= ROUNDING else inf
        crossed = found.p_at_least <= alpha
        self._ahead = crossed and found.e_at_least >= found.e_below
        self._limit = 0.0 if crossed else (1 - _HAIR) / alpha
        self._below = inf if found.p_below <= alpha_below else (1 - _HAIR) / alpha_below
        # What is too small to be followed is rounded to the side of looking once too often.
        self._high = _shares(bets.wealth[0], 0.0 if self._ahead else _LEAST)
        self._low = _shares(bets.wealth[1], _LEAST)

    def calls(self, low: float, high: float, weight: float) -> bool:
        """Whether one more unit calls for a look; if not, the test has nothing new to tell.

        Args:
            low: The least that its value can be.
            high: The most.
            weight: Of the unit.
        """
        at_least, at_most = (low - self._start) / self._width, (self._end - high) / self._width
        fair_high, fair_low = self._fair
        total_high, total_low = self._totals
        if self._total is None:
            stake = weight / self._largest
        else:
            unseen = max(self._total - self._seen, weight)
            fair_high, fair_low = (self._wanted[0] - total_high) / unseen, (self._wanted[1] - total_low) / unseen
            stake = 1.0
        if fair_high > ROUNDING:
            gain = stake * (at_least / fair_high - 1)
            self._high = list(map(mul, self._high, [1 + gain * fraction for fraction in _FRACTIONS]))
        if fair_low > ROUNDING:
            gain = stake * (at_most / fair_low - 1)
            self._low = list(map(mul, self._low, [1 + gain * fraction for fraction in _FRACTIONS]))
        self._seen += weight
        total_high, total_low = self._totals = total_high + weight * at_least, total_low + weight * at_most
        if self._wanted[0] - total_high <= self._slack or self._wanted[1] - total_low < -self._slack:
            return True  # arithmetic alone decides
        above, below = sum(self._high), sum(self._low)
        doubtful = above * (1 - _HAIR) <= below if self._ahead else above >= self._limit
        return doubtful or below >= self._below


def _shares(wealth: Floats, least: float) -> list[float]:
    """What each fraction adds to the capital; ``least`` for one that is too small."""
    return [exp(min(log, 700.0)) / len(_FRACTIONS) if log > -80 else least for log in wealth.tolist()]
