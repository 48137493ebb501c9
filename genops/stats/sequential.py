"""Is a mean at least a bound? A test that may be looked at after every value and stopped at any time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import exp, log
from typing import Any, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from genops.stats.betting import (
    METHOD,
    Bets,
    Claim,
    Floats,
    Numbers,
    Units,
    capital,
    claim_from_state,
    claim_state,
    settled,
)

Verdict: TypeAlias = Literal["at least", "below", "undecided"]
_LARGEST = 700.0


@dataclass(frozen=True, slots=True)
class SequentialResult:
    """What is known of a mean and a bound so far.

    Attributes:
        verdict: Whether the mean is at least the bound; "undecided" until the one or the other is certain at ``alpha``.
        exact: Whether the verdict follows by arithmetic: no unit that is still unseen could change it.
        e_at_least: The e-value for "at least": the capital of who bets against "below".
        e_below: The e-value for "below".
        p_at_least: The anytime-valid p-value of the hypothesis "below": 1 over the largest capital there was.
        p_below: The anytime-valid p-value of the hypothesis "at least".
        bound: What the mean is compared with.
        alpha: The probability of a wrong verdict, at most, in either direction.
        n: Units seen.
        weight: Their total weight.
        method: Of the test.
    """

    verdict: Verdict
    exact: bool
    e_at_least: float
    e_below: float
    p_at_least: float
    p_below: float
    bound: float
    alpha: float
    n: int
    weight: float
    method: str = METHOD


@dataclass(frozen=True, slots=True, eq=False)
class Course:
    """What becomes of a test as some units come, one after the other.

    Attributes:
        bets: Where the gamblers stand in the end.
        now: The logarithm of each one's capital after each unit, of shape (2, n).
        peaks: The logarithm of the largest that each had by then.
        settled: Whether arithmetic alone tells by then that the mean is at least the bound, and that it is below.
    """

    bets: Bets
    now: Floats
    peaks: Floats
    settled: NDArray[np.bool_]


class SequentialTest:
    """Two gamblers at one bound, one against "the mean is below it" and one against "it is at least that".

    As only one of the two is true, a verdict is wrong with probability at most alpha. The order of the units matters;
    how they are batched does not.

    Attributes:
        means: What is fair to each gambler, on the scale from 0 to 1.
        bets: Where they stand.
        peaks: The logarithm of the largest capital that each ever had.

    Args:
        bound: What the mean is compared with, above the lower end of the values.
        claim: What the mean is of.
        alpha: The probability of a wrong verdict, at most, in either direction.
        ends: Between which every value lies.

    Raises:
        ValueError: The bound or alpha is out of range.
    """

    def __init__(self, bound: float, claim: Claim, alpha: float = 0.05, ends: tuple[float, float] = (0.0, 1.0)) -> None:
        if not ends[0] < bound <= ends[1]:
            raise ValueError(f"a mean of values between {ends[0]} and {ends[1]} cannot be tested against {bound}")
        if not 0 < alpha < 1:
            raise ValueError(f"alpha lies between 0 and 1, not at {alpha}")
        self.bound, self.claim, self.alpha, self.ends = bound, claim, alpha, ends
        share = (bound - ends[0]) / (ends[1] - ends[0])
        self.means: Floats = np.array([share, 1 - share])
        self.bets = Bets()
        self.peaks = np.zeros(2)

    def update(self, low: Numbers, high: Numbers | None = None, weights: Numbers | None = None) -> None:
        """Take the next units, in the order in which they were drawn.

        Args:
            low: The value of each, or the least it can be where it is not known.
            high: The most that each can be; None where all are known.
            weights: Of the units; None where each weighs 1.

        Raises:
            ValueError: A value or weight is out of range; nothing was taken.
        """
        self.follow(self.course(Units.checked(low, high, weights, self.ends)))

    def course(self, units: Units) -> Course:
        """What the next units would come to; nothing is taken.

        Args:
            units: In the order in which they were drawn.

        Raises:
            ValueError: The units weigh more than the claim allows.
        """
        bets, now = self.bets.placed(units, self.means, self.claim)
        peaks = np.maximum.accumulate(np.concatenate([self.peaks[:, None], now], axis=1), axis=1)[:, 1:]
        sums = np.concatenate([self.bets.totals[:, None], units.weights * units.values], axis=1)
        totals = np.add.accumulate(sums, axis=1)[:, 1:]
        return Course(bets, now, peaks, settled(totals, self.means[:, None], self.claim))

    def follow(self, course: Course) -> None:
        """Take the units of a course that begins here."""
        self.bets = course.bets
        self.peaks = course.peaks[:, -1] if course.peaks.size else self.peaks

    def result(self) -> SequentialResult:
        """What is known so far."""
        sure = self.bets.settled(self.means, self.claim)
        now, peaks = (
            [_LARGEST if one else min(value, _LARGEST) for one, value in zip(sure, logs.tolist(), strict=True)]
            for logs in (capital(self.bets.wealth), self.peaks)
        )
        certain = sure if any(sure) else [peak >= -log(self.alpha) for peak in peaks]
        verdict: Verdict = "undecided"
        if any(certain):
            verdict = "at least" if certain[0] and (not certain[1] or now[0] >= now[1]) else "below"
        return SequentialResult(
            verdict=verdict,
            exact=any(sure),
            e_at_least=exp(now[0]),
            e_below=exp(now[1]),
            p_at_least=exp(-peaks[0]),
            p_below=exp(-peaks[1]),
            bound=self.bound,
            alpha=self.alpha,
            n=self.bets.n,
            weight=self.bets.weight,
        )

    def state(self) -> dict[str, Any]:
        """All there is to know, in plain types: ``from_state`` continues as if never stopped, to the last bit."""
        return {
            "bound": self.bound,
            "alpha": self.alpha,
            "ends": list(self.ends),
            "claim": claim_state(self.claim),
            "bets": self.bets.state(),
            "peaks": self.peaks.tolist(),
        }

    @classmethod
    def from_state(cls, state: Mapping[str, Any]) -> SequentialTest:
        """Continue where a test stopped.

        Args:
            state: As ``state`` gave it, also after a round trip through JSON.
        """
        test = cls(state["bound"], claim_from_state(state["claim"]), state["alpha"], tuple(state["ends"]))
        test.bets = Bets.from_state(state["bets"])
        test.peaks = np.array(state["peaks"])
        return test
