"""Pure mathematics: intervals and tests. Nothing here reads, writes or knows what the numbers mean."""

from genops.stats.interval import Interval, Statistic, bootstrap_interval, mean_interval
from genops.stats.permutation import Alternative, PermutationTest, paired_permutation_test

__all__ = [
    "Alternative",
    "Interval",
    "PermutationTest",
    "Statistic",
    "bootstrap_interval",
    "mean_interval",
    "paired_permutation_test",
]
