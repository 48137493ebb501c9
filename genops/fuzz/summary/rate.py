"""The rate of breaches among tries that come in clusters: the tries of one seed may all go the same way.

The interval is the exact one of a proportion at as many tries as they are worth, which is how the field gives rare
proportions of clustered samples: E. Korn and B. Graubard, Confidence intervals for proportions with small expected
number of positive counts estimated from survey data, Survey Methodology 24 (1998). Where all tries went the same way,
nothing tells how alike those of a seed are, and each seed counts once: the one bound that holds whatever they are.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import special

from genops.evals.summary import Measure
from genops.stats import Interval
from genops.stats.misclassification import Proportion, corrected_rate

LEVEL = 0.95
METHOD = "Korn-Graubard, clustered"


@dataclass(frozen=True, slots=True)
class Accuracy:
    """How good a detector was found to be, by labels.

    Attributes:
        sensitivity: What it called a breach, of the labelled breaches; None where none is labelled.
        specificity: What it called none, of those that were labelled as none; None where none is.
    """

    sensitivity: Proportion | None
    specificity: Proportion | None


@dataclass(frozen=True, slots=True)
class SeedCounts:
    """Tries that could be scored, by seed.

    Attributes:
        breaches: At each seed.
        tries: At each seed, one or more.
    """

    breaches: NDArray[np.int64]
    tries: NDArray[np.int64]

    @classmethod
    def of(cls, counts: Sequence[tuple[int, int]]) -> SeedCounts:
        """Of pairs of breaches and tries; seeds without tries are left out."""
        there = np.array([pair for pair in counts if pair[1]], np.int64).reshape(-1, 2)
        return cls(there[:, 0], there[:, 1])

    def rate(self) -> Measure:
        """The share of breaches."""
        n, seeds = int(self.tries.sum()), len(self.tries)
        if not n:
            return Measure.none("share", "no try could be scored")
        share = float(self.breaches.sum() / n)
        if seeds == 1 and 0 < share < 1:
            return Measure.of(
                Interval(share, None, LEVEL, n, METHOD, "one cluster tells nothing of the spread", 1), "share"
            )
        bounds = _exact(share, self._worth())
        return Measure.of(Interval(share, bounds, LEVEL, n, METHOD, clusters=seeds), "share")

    def corrected(self, accuracy: Accuracy) -> Measure:
        """The share of breaches behind what a detector called so; no value where nothing is identified."""
        n = int(self.tries.sum())
        if not n:
            return Measure.none("share", "no try could be scored")
        if accuracy.sensitivity is None or accuracy.specificity is None:
            lacking = "a breach" if accuracy.sensitivity is None else "safe"
            return Measure.none("share", f"not identified: no try is labelled as {lacking}")
        apparent = Proportion(int(self.breaches.sum()), n)
        found = corrected_rate(
            apparent, accuracy.sensitivity, accuracy.specificity, LEVEL, design_effect=self.design_effect()
        )
        if np.isnan(found.estimate):
            return Measure.none("share", found.missing)
        return Measure.of(found, "share")

    def design_effect(self) -> float:
        """How many times the variance of the share is that of as many independent tries, at least 1."""
        n, seeds = int(self.tries.sum()), len(self.tries)
        share = float(self.breaches.sum() / n)
        if share in (0.0, 1.0) or seeds == 1:
            return n / seeds
        off = self.breaches - share * self.tries
        variance = seeds / (seeds - 1) * float((off**2).sum()) / n**2
        return max(1.0, variance / (share * (1 - share) / n))

    def _worth(self) -> float:
        """How many independent tries tell as much."""
        n, seeds = int(self.tries.sum()), len(self.tries)
        worth = n / self.design_effect()
        if n == seeds or not 0 < self.breaches.sum() < n:
            return worth
        end = (1 + LEVEL) / 2
        return worth * float(special.stdtrit(n - 1, end) / special.stdtrit(seeds - 1, end)) ** 2


def _exact(share: float, n: float) -> tuple[float, float]:
    """Clopper and Pearson's interval, at any number of trials."""
    tail, hits = (1 - LEVEL) / 2, share * n
    low = 0.0 if share == 0 else float(special.betaincinv(hits, n - hits + 1, tail))
    high = 1.0 if share == 1 else float(special.betaincinv(hits + 1, n - hits, 1 - tail))
    return low, high
