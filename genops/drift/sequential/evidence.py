"""An e-detector: evidence that the mean of a reading has risen, since whenever, that may be looked at after every item.

J. Shin, A. Ramdas and A. Rinaldo, E-detectors: a nonparametric framework for sequential change detection, New England
Journal of Statistics in Data Science 2 (2024), arXiv:2203.03532. A bet of a fraction b on a reading x between 0 and 1,
at odds that are fair where its mean is m, multiplies capital by 1 + b (x / m - 1), which is expected to be 1 at most as
long as the mean is m at most. The Shiryaev-Roberts detector starts a gambler of capital 1 before every item and adds up
what all have: M' = (M + 1) (1 + b (x / m - 1)). Under no change its expectation is the number of items at most, so that
an alarm at M >= c has an average run length of c or more, and at most L / c of all quiet streams alarm within L items.
The mean of such detectors, over readings and over a grid of bets, is one: nothing is to be tuned, and an item costs the
same for ever. Their CUSUM keeps the best of the gamblers, and so when it was that he started.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from genops.drift.sequential.arrays import from_plain, to_plain
from genops.stats.interval import Floats

FRACTIONS: Floats = np.array([0.01, 0.02, 0.05, 0.1, 0.2, 0.45, 0.9])
_AT_ONCE = 125  # items behind an alarm are counted anew, so few at once


@dataclass(frozen=True, slots=True)
class Crossing:
    """The evidence reached its threshold.

    Attributes:
        item: Number of the item after which it did, from 0.
        evidence: What it came to.
        reading: Which rose most surely.
        since: Number of the item with which the best run of bets on it began.
        mean: Of the reading since then.
    """

    item: int
    evidence: float
    reading: int
    since: int
    mean: float


class Evidence:
    """The detector's sums, with their number of items.

    Args:
        readings: How many there are.
        threshold: To be reached.
    """

    def __init__(self, readings: int, threshold: float) -> None:
        self.threshold = threshold
        self.items = 0
        self._of = np.repeat(np.arange(readings), len(FRACTIONS))
        self._fractions = np.tile(FRACTIONS, readings)
        self._restart()

    @property
    def value(self) -> float:
        """The evidence so far, which alarms at the threshold."""
        return float(self._sums.sum() / len(self._sums))

    def add(self, readings: Floats, means: Floats) -> list[Crossing]:
        """Take items in their order; where the evidence reaches the threshold it starts anew behind.

        Args:
            readings: Of the items, of shape (n, R).
            means: Above which the mean of each reading is a change, of shape (R,).
        """
        found = []
        while len(readings):
            taken, crossing = self._until(readings[:_AT_ONCE], means)
            readings = readings[taken:]
            if crossing:
                found.append(crossing)
                self._restart()
        return found

    def state(self) -> dict[str, Any]:
        """All there is to know, in plain types."""
        arrays = {"sums": self._sums, "runs": self._runs, "began": self._began, "before": self._before}
        kept = {name: to_plain(array) for name, array in (*arrays.items(), ("totals", self._totals))}
        return {"threshold": self.threshold, "items": self.items, **kept}

    @classmethod
    def from_state(cls, state: Mapping[str, Any]) -> Evidence:
        """Continue as if never stopped.

        Args:
            state: As ``state`` gave it.
        """
        totals = from_plain(state["totals"])
        made = cls(len(totals), state["threshold"])
        made.items, made._totals = state["items"], totals
        made._sums, made._runs = from_plain(state["sums"]), from_plain(state["runs"])
        made._began, made._before = from_plain(state["began"]), from_plain(state["before"])
        return made

    def _restart(self) -> None:
        width = len(self._of)
        self._sums, self._runs = np.zeros(width), np.ones(width)
        self._began, self._before = np.full(width, self.items, dtype=np.int64), np.zeros(width)
        self._totals = np.zeros(width // len(FRACTIONS))

    def _until(self, readings: Floats, means: Floats) -> tuple[int, Crossing | None]:
        """Take items until the threshold is reached; how many those were."""
        factors = np.repeat(readings / means - 1, len(FRACTIONS), axis=1)
        factors *= self._fractions
        factors += 1
        sums, runs = self._bet(factors)
        with np.errstate(over="ignore"):
            evidence = sums.sum(axis=1) / sums.shape[1]
        over = np.flatnonzero(evidence >= self.threshold)
        taken = int(over[0]) + 1 if len(over) else len(readings)
        self._note_starts(readings[:taken], runs[:taken])
        self._sums, self._runs = sums[taken - 1], runs[taken - 1]
        self.items += taken
        if not len(over):
            return taken, None
        best = int(self._runs.argmax())
        which, since = int(self._of[best]), int(self._began[best])
        mean = float((self._totals[which] - self._before[best]) / (self.items - since))
        return taken, Crossing(self.items - 1, float(evidence[taken - 1]), which, since, mean)

    def _bet(self, factors: Floats) -> tuple[Floats, Floats]:
        """The sums of all gamblers, and the capital of the best, after each item."""
        sums, runs = np.empty_like(factors), np.empty_like(factors)
        scratch, one = np.empty(factors.shape[1]), np.ones(factors.shape[1])  # of a scalar each call makes an array
        total, best = self._sums, self._runs
        with np.errstate(over="ignore"):
            for factor, next_total, next_best in zip(factors, sums, runs, strict=True):
                np.add(total, one, out=scratch)
                total = np.multiply(scratch, factor, out=next_total)
                np.maximum(best, one, out=scratch)
                best = np.multiply(scratch, factor, out=next_best)
        return sums, runs

    def _note_starts(self, readings: Floats, runs: Floats) -> None:
        """Where each best gambler started: at the last item before which no older one had more than a new one has."""
        totals = np.add.accumulate(np.concatenate([self._totals[None], readings]))
        anew = np.empty(runs.shape, dtype=np.bool_)
        np.less_equal(self._runs, 1, out=anew[0])
        np.less_equal(runs[:-1], 1, out=anew[1:])
        last = (anew * np.arange(1, len(anew) + 1, dtype=np.uint8)[:, None]).max(axis=0).astype(np.intp) - 1
        self._began = np.where(last >= 0, self.items + last, self._began)
        self._before = np.where(last >= 0, totals[last, self._of], self._before)
        self._totals = totals[-1]
