"""Two measured on the same cases: by how much they differ, and on how many cases the one is ahead."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from genops.stats.clusters import Clusters, cluster_mean_interval, cluster_permutation_test
from genops.stats.interval import Floats, Interval
from genops.stats.mcnemar import McNemarTest, mcnemar_test
from genops.stats.permutation import PermutationTest


@dataclass(frozen=True, slots=True)
class PairedComparison:
    """A second against a first, case by case.

    Attributes:
        difference: The mean of second minus first.
        permutation: Whether it could be chance which is which.
        mcnemar: The exact test for values that are all 0 or 1, each case alone and counting the same; else None.
        wins: Cases on which the second is higher.
        ties: Cases on which they are equal.
        losses: Cases on which the second is lower.
    """

    difference: Interval
    permutation: PermutationTest
    mcnemar: McNemarTest | None
    wins: int
    ties: int
    losses: int

    @property
    def p(self) -> float:
        """The p-value to report: the exact one where there is one."""
        return self.mcnemar.p if self.mcnemar else self.permutation.p


def compare_paired(
    first: Sequence[float] | Floats,
    second: Sequence[float] | Floats,
    clusters: Clusters | None = None,
    weights: Sequence[float] | Floats | None = None,
    level: float = 0.95,
    *,
    seed: int = 0,
) -> PairedComparison:
    """Compare a second with a first on the same cases.

    Args:
        first: The value of each case.
        second: The value of each of the same cases.
        clusters: The cluster of each case; None where each stands alone.
        weights: How much each case counts; None where all count the same.
        level: Of confidence.
        seed: Of the permutations.

    Raises:
        ValueError: The lengths differ, there are no cases, or something is not finite.
    """
    before, after = np.asarray(first, dtype=np.float64), np.asarray(second, dtype=np.float64)
    if before.shape != after.shape:
        raise ValueError(f"two are compared on the same cases, not on {before.size} and {after.size}")
    difference = after - before
    binary = clusters is None and weights is None and bool(np.isin([before, after], (0.0, 1.0)).all())
    return PairedComparison(
        cluster_mean_interval(difference, clusters, weights, level),
        cluster_permutation_test(difference, clusters, weights, seed=seed),
        mcnemar_test(before == 1, after == 1) if binary else None,
        wins=int((difference > 0).sum()),
        ties=int((difference == 0).sum()),
        losses=int((difference < 0).sum()),
    )
