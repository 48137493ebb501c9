"""Betting on bounded values, whose capital is evidence about their mean that may be looked at after every value.

I. Waudby-Smith and A. Ramdas, Estimating means of bounded random variables by betting, Journal of the Royal Statistical
Society B 86 (2024), arXiv:2010.09686. A gambler starts with a capital of 1 and bets on each value before it is seen, at
odds that would be fair were the mean exactly m. Were it m or less, the capital of one who bets on high values could not
be expected to grow, so by Ville's inequality it ever reaches 1 / alpha with probability at most alpha: however often
one looks, whenever one stops.

The bet is Cover's universal portfolio on a grid: the capital is split evenly over constant fractions of the largest
bet that cannot ruin (T. Cover, Universal portfolios, Mathematical Finance 1, 1991; F. Orabona and K.-S. Jun, Tight
concentrations and confidence sequences from the regret of universal portfolio, arXiv:2110.14099). It has nothing to
tune, comes within a few values of the best fraction in hindsight, and its capital is the larger the larger each value
is. So an unknown value may be taken at its worst end: what is certain then is so whatever the value would have been.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Floats: TypeAlias = NDArray[np.float64]
Numbers: TypeAlias = Sequence[float] | Floats
METHOD = "betting, universal portfolio (Waudby-Smith and Ramdas)"
FRACTIONS: Floats = np.array([0.01, 0.03, *np.arange(0.05, 1, 0.1)])
ROUNDING = 1e-9
_STRETCH = 16  # units over which capital stays a number: it grows by less than 1 / ROUNDING at each


@dataclass(frozen=True, slots=True)
class Population:
    """The claim is about the distribution that the units were drawn from, independently of one another.

    Its mean is that of the values in all units, E[weight x value] / E[weight]: the bet is on the unit's total,
    normalised by the largest weight that a unit can have.

    Attributes:
        largest_weight: No unit weighs more.
    """

    largest_weight: float = 1.0


@dataclass(frozen=True, slots=True)
class FiniteDataset:
    """The claim is about these units and no others, seen without replacement in the order of ``draw_order``.

    The mean of those not yet seen, and with it the fair odds, shifts with each that is. As the order draws units in
    proportion to their weight, the value of the next is expected to be the weighted mean of the rest: S. Shekhar,
    Z. Xu, Z. Lipton, P. Liang and A. Ramdas, Risk-limiting financial audits via weighted sampling without replacement
    (2023), arXiv:2305.06884. When all are seen the mean is known.

    Attributes:
        total_weight: Of all units: their number, where each weighs 1.
    """

    total_weight: float


Claim: TypeAlias = Population | FiniteDataset


def claim_state(claim: Claim) -> dict[str, float]:
    """The claim in plain types."""
    return asdict(claim)


def claim_from_state(state: Mapping[str, float]) -> Claim:
    """The claim of a ``claim_state``."""
    return FiniteDataset(**state) if "total_weight" in state else Population(**state)


@dataclass(frozen=True, slots=True)
class Units:
    """Values on a scale from 0 to 1 as the two gamblers see them, each at its worst for who bets on it.

    Attributes:
        values: Of shape (2, n): how high each is at least, and how far below 1 at least.
        weights: Of shape (n,).
    """

    values: Floats
    weights: Floats

    @classmethod
    def checked(cls, low: Numbers, high: Numbers | None, weights: Numbers | None, ends: tuple[float, float]) -> Units:
        """The units, scaled.

        Args:
            low: The value of each, or the least it can be where it is not known.
            high: The most that each can be; None where all are known.
            weights: Of the units; None where each weighs 1.
            ends: Of the range of values.

        Raises:
            ValueError: The lengths differ, a value is out of range, or a weight is not above zero.
        """
        least = np.asarray(low, dtype=np.float64)
        most = least if high is None else np.asarray(high, dtype=np.float64)
        weight = np.ones(least.shape) if weights is None else np.asarray(weights, dtype=np.float64)
        if least.ndim != 1 or not least.shape == most.shape == weight.shape:
            raise ValueError("units have one value and one weight each")
        if not ((ends[0] <= least) & (least <= most) & (most <= ends[1])).all():
            raise ValueError(f"a value lies between {ends[0]} and {ends[1]}")
        if not (np.isfinite(weight) & (weight > 0)).all():
            raise ValueError("a weight is finite and above zero")
        width = ends[1] - ends[0]
        return cls(np.stack([(least - ends[0]) / width, (ends[1] - most) / width]), weight)


@dataclass(frozen=True, slots=True, eq=False)
class Bets:
    """Where two gamblers stand: the first bets on high values, the second on low ones.

    Attributes:
        wealth: The logarithm of what each has made of 1 in each of the fractions, of shape (2, fractions).
        totals: Sum of weight times value, as each sees it.
        weight: Of the units seen.
        n: How many they are.
    """

    wealth: Floats = field(default_factory=lambda: np.zeros((2, len(FRACTIONS))))
    totals: Floats = field(default_factory=lambda: np.zeros(2))
    weight: float = 0.0
    n: int = 0

    def placed(self, units: Units, means: Floats, claim: Claim) -> tuple[Bets, Floats]:
        """Bet on units, in their order, and the logarithm of each gambler's capital after each of them.

        Every sum runs from left to right, so that it does not matter how units are batched, to the last bit.

        Args:
            units: What to bet on.
            means: What is fair to each gambler: m and 1 - m.
            claim: What m is the mean of.

        Raises:
            ValueError: The units weigh more than the claim allows.
        """
        gain, totals, weighed = self._gains(units, means, claim)
        steps = np.concatenate([self.wealth[:, None, :], np.log1p(gain[:, :, None] * FRACTIONS)], axis=1)
        wealth = np.add.accumulate(steps, axis=1)
        return self._after(wealth[:, -1], totals, weighed), capital(wealth[:, 1:])

    def followed(self, units: Units, means: Floats, claim: Claim) -> tuple[Bets, Floats]:
        """Bet as in ``placed``, for the logarithm of each gambler's largest capital after any of the units.

        It takes a tenth of the time, since capital is multiplied for some units before its logarithm is taken; what is
        found depends on the batches in the last bits.

        Args:
            units: What to bet on; one at least.
            means: What is fair to each gambler.
            claim: What they are the means of.

        Raises:
            ValueError: The units weigh more than the claim allows.
        """
        gain, totals, weighed = self._gains(units, means, claim)
        gamblers, stretches = len(gain), -(-gain.shape[1] // _STRETCH)
        padded = np.zeros((gamblers, stretches * _STRETCH))
        padded[:, : gain.shape[1]] = gain
        grown = padded.reshape(gamblers, stretches, _STRETCH).transpose(2, 0, 1)[:, :, None].copy() * FRACTIONS[:, None]
        grown += 1
        for unit in range(1, _STRETCH):
            grown[unit] *= grown[unit - 1]
        wealth = np.concatenate([self.wealth[..., None], np.log(grown[-1])], axis=2)
        np.add.accumulate(wealth, axis=2, out=wealth)
        top = wealth[..., :-1].max(axis=1)
        grown *= np.exp(wealth[..., :-1] - top[:, None])
        largest = grown.sum(axis=2).max(axis=0) / len(FRACTIONS)
        return self._after(wealth[..., -1], totals, weighed), (top + np.log(largest)).max(axis=1)

    def _gains(self, units: Units, means: Floats, claim: Claim) -> tuple[Floats, Floats, Floats]:
        """What each unit adds to 1 that is bet on it; the totals and the weight before the first and after each."""
        weighed = np.add.accumulate(np.concatenate([[self.weight], units.weights]))
        sums = np.concatenate([self.totals[:, None], units.weights * units.values], axis=1)
        totals = np.add.accumulate(sums, axis=1)
        if isinstance(claim, FiniteDataset):
            if weighed[-1] > claim.total_weight * (1 + ROUNDING):
                raise ValueError(f"the units weigh {weighed[-1]}, and the whole dataset {claim.total_weight}")
            unseen = np.maximum(claim.total_weight - weighed[:-1], units.weights)
            fair = (means[:, None] * claim.total_weight - totals[:, :-1]) / unseen
            stake = np.ones(1)
        else:
            if (units.weights > claim.largest_weight).any():
                raise ValueError(f"a unit weighs {units.weights.max()}, and the largest {claim.largest_weight}")
            fair = means[:, None]
            stake = units.weights / claim.largest_weight
        open_ = fair > ROUNDING
        gain: Floats = np.where(open_, stake * (units.values / np.where(open_, fair, 1.0) - 1), 0.0)
        return gain, totals, weighed

    def _after(self, wealth: Floats, totals: Floats, weighed: Floats) -> Bets:
        return Bets(wealth, totals[:, -1], float(weighed[-1]), self.n + len(weighed) - 1)

    def settled(self, means: Floats, claim: Claim) -> tuple[bool, bool]:
        """Whether arithmetic alone tells that the mean is at least m, and that it is below m.

        Args:
            means: What is fair to each gambler: m and 1 - m.
            claim: What m is the mean of.
        """
        at_least, below = settled(self.totals, means, claim).tolist()
        return at_least, below

    def state(self) -> dict[str, Any]:
        """The same in plain types."""
        totals, wealth = self.totals.tolist(), self.wealth.tolist()
        return {"wealth": wealth, "totals": totals, "weight": self.weight, "n": self.n}

    @classmethod
    def from_state(cls, state: Mapping[str, Any]) -> Bets:
        """The bets of a ``state``."""
        return cls(np.array(state["wealth"]), np.array(state["totals"]), state["weight"], state["n"])


def settled(totals: Floats, means: Floats, claim: Claim) -> NDArray[np.bool_]:
    """Whether arithmetic alone tells that the mean is at least m, and that it is below m, of the shape of the totals.

    Args:
        totals: Sums of weight times value as each gambler sees them, of shape (2, ...).
        means: What is fair to each.
        claim: What m is the mean of.
    """
    if isinstance(claim, FiniteDataset):
        slack = ROUNDING * claim.total_weight
        wanting = means * claim.total_weight - totals
        return np.stack([wanting[0] <= slack, wanting[1] < -slack])
    return np.stack([np.zeros(totals[0].shape, bool), (means[1] <= ROUNDING) & (totals[1] > ROUNDING)])


def capital(wealth: Floats) -> Floats:
    """The logarithm of the mean over the last axis of what ``wealth`` is the logarithm of."""
    top = wealth.max(axis=-1)
    shares = np.exp(wealth - top[..., None]).sum(axis=-1) / wealth.shape[-1]
    return np.asarray(top + np.log(shares), dtype=np.float64)
