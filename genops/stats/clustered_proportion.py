"""A proportion of trials that come in clusters: the trials of one cluster may all go the same way.

The interval is the exact one of a proportion at as many trials as they are worth, which is how the field gives rare
proportions of clustered samples: E. Korn and B. Graubard, Confidence intervals for proportions with small expected
number of positive counts estimated from survey data, Survey Methodology 24 (1998). Where all trials went the same way,
nothing tells how alike those of a cluster are, and each cluster counts once: that bound holds whatever they are.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from genops.stats.clusters import Clusters, cluster_codes
from genops.stats.distributions import student_quantile
from genops.stats.interval import Interval, check_level
from genops.stats.proportions import Proportion, clopper_pearson

METHOD = "Korn-Graubard, clustered"


@dataclass(frozen=True, slots=True, eq=False)
class ClusteredCounts:
    """Trials by cluster.

    Attributes:
        successes: In each cluster.
        trials: In each cluster, one or more.
    """

    successes: NDArray[np.int64]
    trials: NDArray[np.int64]

    @classmethod
    def of(cls, counts: Sequence[tuple[int, int]]) -> ClusteredCounts:
        """Of pairs of successes and trials; clusters without trials are left out."""
        there = np.array([pair for pair in counts if pair[1]], np.int64).reshape(-1, 2)
        return cls(there[:, 0], there[:, 1])

    @classmethod
    def by_cluster(cls, hits: Sequence[bool] | NDArray[np.bool_], clusters: Clusters) -> ClusteredCounts:
        """Of trials one by one, with the cluster of each."""
        codes, count = cluster_codes(clusters, len(hits))
        return cls(np.bincount(codes, hits, count).astype(np.int64), np.bincount(codes, minlength=count))

    @property
    def n(self) -> int:
        """All trials."""
        return int(self.trials.sum())

    @property
    def proportion(self) -> Proportion:
        """Of all trials together, with what the clusters do to its variance.

        Raises:
            ValueError: There are no trials.
        """
        return Proportion(int(self.successes.sum()), self.n, self._design_effect())

    def interval(self, level: float = 0.95) -> Interval:
        """The proportion and how far it can be trusted.

        Args:
            level: Of confidence.

        Raises:
            ValueError: There are no trials, or the level is not between 0 and 1.
        """
        check_level(level)
        whole, clusters = self.proportion, len(self.trials)
        if clusters == 1 and 0 < whole.share < 1:
            missing = "one cluster tells nothing of the spread"
            return Interval(whole.share, None, level, whole.n, METHOD, missing, 1)
        worth = self._worth(whole, level)
        bounds = clopper_pearson(whole.share * worth, worth, level)
        return Interval(whole.share, bounds, level, whole.n, METHOD, clusters=clusters)

    def _design_effect(self) -> float:
        """How many times the variance is that of as many independent trials, at least 1."""
        n, clusters, hits = self.n, len(self.trials), int(self.successes.sum())
        if n == clusters:
            return 1.0
        if hits in (0, n) or clusters == 1:
            return n / clusters
        share = hits / n
        off = self.successes - share * self.trials
        variance = clusters / (clusters - 1) * float((off**2).sum()) / n**2
        return max(1.0, variance / (share * (1 - share) / n))

    def _worth(self, whole: Proportion, level: float) -> float:
        """How many independent trials tell as much."""
        clusters = len(self.trials)
        if whole.n == clusters or whole.share in (0.0, 1.0):
            return whole.worth
        end = (1 + level) / 2
        return whole.worth * (student_quantile(whole.n - 1, end) / student_quantile(clusters - 1, end)) ** 2
