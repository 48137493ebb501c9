"""An interval for a mean that holds after every value at once: it may be looked at any time, and only narrows."""

from __future__ import annotations

from collections.abc import Mapping
from math import inf, log, nan, sqrt
from typing import Any

import numpy as np

from genops.stats.betting import (
    FRACTIONS,
    METHOD,
    ROUNDING,
    Bets,
    Claim,
    FiniteDataset,
    Numbers,
    Population,
    Units,
    claim_from_state,
    claim_state,
)
from genops.stats.interval import Interval, check_level
from genops.stats.sampling import mean_estimate

_BLOCK = 4_096
_FAR, _NEAR = 1.2, 0.85
_MIXED = 2.0  # about what a bet on all fractions costs beside one on the best of them, as a logarithm
_STEPS = 2**20
_SLOW = 3  # tries in a row that did not halve what is left


class ConfidenceSequence:
    """The means that neither gambler's capital ever refuted, at half of the error each.

    The hedged capital process of Waudby-Smith and Ramdas (section 4), inverted: the capital of who bets on high values
    falls as the mean that is fair to it rises, so the interval's ends are searched for, when they are asked for. An
    update only takes note. As the largest capital there ever was decides, the interval is the running intersection.

    Args:
        claim: What the mean is of.
        level: Of confidence, for all times at once.
        ends: Between which every value lies.

    Raises:
        ValueError: The level is not between 0 and 1.
    """

    def __init__(self, claim: Claim, level: float = 0.95, ends: tuple[float, float] = (0.0, 1.0)) -> None:
        check_level(level)
        self.claim, self.level, self.ends = claim, level, ends
        self._taken = [Units(np.empty((2, 0)), np.empty(0))]

    def update(self, low: Numbers, high: Numbers | None = None, weights: Numbers | None = None) -> None:
        """Take the next units, in the order in which they were drawn.

        Args:
            low: The value of each, or the least it can be where it is not known.
            high: The most that each can be; None where all are known.
            weights: Of the units; None where each weighs 1.

        Raises:
            ValueError: A value or weight is out of range; nothing was taken.
        """
        self.take(Units.checked(low, high, weights, self.ends))

    def take(self, units: Units) -> None:
        """Take the next units, in the order in which they were drawn."""
        self._taken.append(units)

    def interval(self) -> Interval:
        """The interval so far, its ends rounded outwards to about a millionth of the range.

        ``estimate`` is NaN before the first unit.

        Raises:
            ValueError: The units weigh more than the claim allows.
        """
        units = self._units()
        least, most = self._limits(units)
        missing = "" if least <= most else "the bets refuted every mean, as they do with probability 1 - level at most"
        width = self.ends[1] - self.ends[0]
        low, high, estimate = (self.ends[0] + width * share for share in (least, most, self._estimate(units)))
        bounds = None if missing else (low, high)
        return Interval(estimate, bounds, self.level, len(units.weights), METHOD, missing)

    def state(self) -> dict[str, Any]:
        """All there is to know, in plain types: ``from_state`` continues as if never stopped, to the last bit."""
        units = self._units()
        return {
            "level": self.level,
            "ends": list(self.ends),
            "claim": claim_state(self.claim),
            "values": units.values.tolist(),
            "weights": units.weights.tolist(),
        }

    @classmethod
    def from_state(cls, state: Mapping[str, Any]) -> ConfidenceSequence:
        """Continue where a sequence stopped.

        Args:
            state: As ``state`` gave it, also after a round trip through JSON.
        """
        sequence = cls(claim_from_state(state["claim"]), state["level"], tuple(state["ends"]))
        sequence._taken.append(Units(np.array(state["values"]).reshape(2, -1), np.array(state["weights"])))
        return sequence

    def _units(self) -> Units:
        """All units taken, put together once."""
        if len(self._taken) > 1:
            values = np.concatenate([units.values for units in self._taken], axis=1)
            self._taken = [Units(values, np.concatenate([units.weights for units in self._taken]))]
        return self._taken[0]

    def _limits(self, units: Units) -> tuple[float, float]:
        """The least and the most mean, on the scale from 0 to 1, that was never refuted."""
        certain = np.zeros(2)
        if isinstance(self.claim, FiniteDataset):
            certain = units.values @ units.weights / self.claim.total_weight
            if units.weights.sum() >= self.claim.total_weight * (1 - ROUNDING):
                ends = np.clip([certain[0], 1 - certain[1]], 0.0, 1.0)
                return float(ends.min()), float(ends.max())  # rounding may turn them around
        least, most = (
            self._refuted(Units(units.values[side : side + 1], units.weights), float(certain[side])) for side in (0, 1)
        )
        return least, 1 - most

    def _refuted(self, units: Units, start: float) -> float:
        """The last of the means, in even steps from a start that is no doubt refuted, that one gambler's bets refuted.

        The root of the largest capital is about linear in the mean, so the place is interpolated (the Illinois method:
        M. Dowell and P. Jarratt, A modified regula falsi method, BIT 11, 1971), and halved when that is slow. Where it
        is begun has no say in what is found.
        """
        enough = sqrt(log(2 / (1 - self.level)))
        refuted, kept, above, below = 0, _STEPS, inf, -inf
        side, slow, guesses = 0, 0, self._guesses(units, enough)
        while kept - refuted > 1:
            width = kept - refuted
            if guesses:
                place = round(_STEPS * (guesses.pop() - start) / (1 - start))
            elif above - below < inf and slow < _SLOW:
                place = refuted + round(width * above / (above - below))
            else:
                place = (refuted + kept) // 2
            place = min(max(place, refuted + 1), kept - 1)
            excess = sqrt(self._peak(units, start + (1 - start) * place / _STEPS)) - enough
            if excess >= 0:
                refuted, above, below, side = place, excess, below / 2 if side > 0 else below, 1
            else:
                kept, below, above, side = place, excess, above / 2 if side < 0 else above, -1
            slow = slow + 1 if kept - refuted > width / 2 else 0
        return start + (1 - start) * refuted / _STEPS

    def _guesses(self, units: Units, enough: float) -> list[float]:
        """On either side of where about normal values would end an interval; none where there are no values."""
        if not len(units.weights):
            return []
        mean, variance = float(units.values[0].mean()), float(units.values[0].var())
        if isinstance(self.claim, FiniteDataset):
            variance *= max(1 - float(units.weights.sum()) / self.claim.total_weight, 0.0)
        spread = sqrt(2 * variance * (enough**2 + _MIXED) / len(units.weights))
        return [mean - _FAR * spread, mean - _NEAR * spread]

    def _peak(self, units: Units, mean: float) -> float:
        """The logarithm of the largest capital that a gambler ever had, were this mean fair."""
        bets, peak = Bets(np.zeros((1, len(FRACTIONS))), np.zeros(1)), 0.0
        for start in range(0, len(units.weights), _BLOCK):
            block = Units(units.values[:, start : start + _BLOCK], units.weights[start : start + _BLOCK])
            bets, largest = bets.followed(block, np.array([mean]), self.claim)
            peak = max(peak, float(largest[0]))
        return peak

    def _estimate(self, units: Units) -> float:
        """The mean, where values between two ends count as their middle."""
        if not len(units.weights):
            return nan
        values = (units.values[0] + 1 - units.values[1]) / 2
        if isinstance(self.claim, Population):
            return float(np.average(values, weights=units.weights))
        return mean_estimate(values, units.weights, self.claim.total_weight)
