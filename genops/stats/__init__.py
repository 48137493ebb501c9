"""Pure mathematics: intervals and tests. Nothing here reads, writes or knows what the numbers mean."""

from genops.stats.clusters import cluster_mean_interval, cluster_permutation_test
from genops.stats.interval import Interval, Statistic, bootstrap_interval, mean_interval
from genops.stats.permutation import Alternative, PermutationTest, paired_permutation_test
from genops.stats.proportions import clopper_pearson_interval, proportion_interval, wilson_interval

__all__ = [
    "Alternative",
    "Interval",
    "PermutationTest",
    "Statistic",
    "bootstrap_interval",
    "clopper_pearson_interval",
    "cluster_mean_interval",
    "cluster_permutation_test",
    "mean_interval",
    "paired_permutation_test",
    "proportion_interval",
    "wilson_interval",
]
