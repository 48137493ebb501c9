"""Whether some units can have changed what a test says: told in plain numbers, at a fraction of what a look costs.

Between two cases of an evaluation the processor's caches fill with other things, and a call of numpy takes many times
what it takes in a loop. So bounds on the capital of both gamblers are found without it; where one of them reaches what
decides, or comes within a hair of it, the test itself is to be looked at, so that every verdict is its own.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import repeat
from math import exp, inf, log
from operator import mul
from typing import TypeAlias

from genops.stats.betting import FRACTIONS, ROUNDING, FiniteDataset, Floats
from genops.stats.sequential import SequentialTest

Unit: TypeAlias = tuple[float, float, float]
"""The least and the most that a unit's value can be, and its weight."""
_HAIR = 1e-6  # far more than rounding comes to
_LEAST_POWER = -80.0
_LEAST = exp(_LEAST_POWER)  # of a share: one that is less is rounded to the side of looking once too often
_FRACTIONS: tuple[float, ...] = tuple(FRACTIONS.tolist())


class Watch:
    """Where both gamblers of a test stand, in plain numbers.

    Args:
        test: It; it is left as it is.
        alpha: How often "at least" may be wrong, at most: it is said while that gambler has more than the other.
        alpha_below: How often "below" may be.
    """

    def __init__(self, test: SequentialTest, alpha: float, alpha_below: float) -> None:
        found, bets, claim = test.result(), test.bets, test.claim
        self._start, self._end = test.ends
        self._fair: tuple[float, float] = test.means[0].item(), test.means[1].item()
        self._totals: tuple[float, float] = bets.totals[0].item(), bets.totals[1].item()
        self._seen, self._n = bets.weight, bets.n
        if isinstance(claim, FiniteDataset):
            self._total: float | None = claim.total_weight
            self._largest, self._slack = 1.0, ROUNDING * claim.total_weight
            self._wanted = self._fair[0] * claim.total_weight, self._fair[1] * claim.total_weight
        else:
            self._total = None
            self._largest, self._slack = claim.largest_weight, ROUNDING
            self._wanted = inf, 0.0 if self._fair[1] <= ROUNDING else inf
        crossed = found.p_at_least <= alpha
        self._ahead = crossed and found.e_at_least >= found.e_below
        self._limit = 0.0 if crossed else (1 - _HAIR) / alpha
        self._below = inf if found.p_below <= alpha_below else (1 - _HAIR) / alpha_below
        self._high, self._low = (_shares(wealth) for wealth in bets.wealth)

    def after(self, units: Sequence[Unit]) -> Watch | None:
        """The watch when some units have come; None where what the test says may be another after any of them."""
        high, low = _Side(self._high, rises=not self._ahead), _Side(self._low)
        seen, width, (fair_high, fair_low) = self._seen, self._end - self._start, self._fair
        (wanted_high, wanted_low), (total_high, total_low) = self._wanted, self._totals
        try:
            for (least, most, weight), count in self._counted(units):
                at_least, at_most, stake = (least - self._start) / width, (self._end - most) / width, 1.0
                if self._total is None:
                    stake = weight / self._largest
                else:
                    unseen = max(self._total - seen, weight)
                    fair_high, fair_low = (wanted_high - total_high) / unseen, (wanted_low - total_low) / unseen
                if fair_high > ROUNDING:
                    high.grow(stake * (at_least / fair_high - 1), count)
                if fair_low > ROUNDING:
                    low.grow(stake * (at_most / fair_low - 1), count)
                seen += weight * count
                total_high += weight * at_least * count
                total_low += weight * at_most * count
        except OverflowError:
            return None
        if wanted_high - total_high <= self._slack or wanted_low - total_low < -self._slack:
            return None  # arithmetic alone decides
        above, below = sum(high.bound), sum(low.bound)
        if below >= self._below or (above * (1 - _HAIR) <= below if self._ahead else above >= self._limit):
            return None
        state = {"_high": high.kept, "_low": low.kept, "_totals": (total_high, total_low), "_seen": seen}
        later = Watch.__new__(Watch)
        later.__dict__.update(self.__dict__, _n=self._n + len(units), **state)
        return later

    def left(self) -> tuple[float, float]:
        """About how many more units it takes until "at least" is certain, and until "below" is.

        Each gambler's capital is taken to grow as that of the best fraction has so far: infinity where none has.
        """
        return 0.0 if self._ahead else self._until(self._high, self._limit), self._until(self._low, self._below)

    def _until(self, shares: Sequence[float], limit: float) -> float:
        best = max(shares) * len(_FRACTIONS)
        if best <= 1 or limit == inf:
            return inf
        return max(log(limit / sum(shares)), 0.0) * self._n / log(best) if limit else inf

    def _counted(self, units: Sequence[Unit]) -> Iterable[tuple[Unit, int]]:
        """The units and how often each comes; in their order where the odds shift with each."""
        return Counter(units).items() if self._total is None else zip(units, repeat(1))


class _Side:
    """One gambler: what each fraction adds to the capital, and the most or the least that it can have come to.

    Args:
        shares: To begin with.
        rises: Whether the most is wanted, which the rises alone come to.
    """

    __slots__ = ("_rises", "_shares", "bound")

    def __init__(self, shares: Sequence[float], *, rises: bool = True) -> None:
        self._shares = self.bound = shares
        self._rises = rises

    def grow(self, gain: float, count: int) -> None:
        """Wins or loses so much of each bet, so often."""
        factors = [1 + gain * fraction for fraction in _FRACTIONS]
        if count > 1:
            factors = [factor**count for factor in factors]
        self._shares = list(map(mul, self._shares, factors))
        if (gain > 0) == self._rises:  # of a number of numpy it is no bool
            self.bound = list(map(mul, self.bound, factors))

    @property
    def kept(self) -> Sequence[float]:
        """What each fraction adds in the end; what is too small to be followed is not let fall further."""
        return [max(share, _LEAST) for share in self._shares] if self._rises else self._shares


def _shares(wealth: Floats) -> Sequence[float]:
    """What each fraction adds to the capital."""
    return [exp(max(min(power, 700.0), _LEAST_POWER)) / len(_FRACTIONS) for power in wealth.tolist()]
