"""Pure mathematics: intervals and tests. Nothing here reads, writes or knows what the numbers mean."""

from genops.stats.betting import Claim, FiniteDataset, Population
from genops.stats.clusters import cluster_mean_interval, cluster_permutation_test
from genops.stats.confidence_sequence import ConfidenceSequence
from genops.stats.interval import Interval, Statistic, bootstrap_interval, mean_interval
from genops.stats.permutation import Alternative, PermutationTest, paired_permutation_test
from genops.stats.proportions import clopper_pearson_interval, proportion_interval, wilson_interval
from genops.stats.sampling import draw_order, mean_bounds, mean_estimate
from genops.stats.sequential import SequentialResult, SequentialTest, Verdict

__all__ = [
    "Alternative",
    "Claim",
    "ConfidenceSequence",
    "FiniteDataset",
    "Interval",
    "PermutationTest",
    "Population",
    "SequentialResult",
    "SequentialTest",
    "Statistic",
    "Verdict",
    "bootstrap_interval",
    "clopper_pearson_interval",
    "cluster_mean_interval",
    "cluster_permutation_test",
    "draw_order",
    "mean_bounds",
    "mean_estimate",
    "mean_interval",
    "paired_permutation_test",
    "proportion_interval",
    "wilson_interval",
]
