"""Pure mathematics: intervals and tests. Nothing here reads, writes or knows what the numbers mean."""

from genops.stats.agreement import ConfusionTable, cohen_kappa, confusion_table, gwet_ac1, raw_agreement
from genops.stats.betting import Claim, FiniteDataset, Population
from genops.stats.bootstrap import cluster_bootstrap_interval, quantile_interval, ratio_interval
from genops.stats.cluster_quantiles import cluster_quantile_interval
from genops.stats.clustered_prediction import cluster_prediction_powered_mean
from genops.stats.clustered_proportion import ClusteredCounts
from genops.stats.clusters import cluster_mean_interval, cluster_permutation_test
from genops.stats.comparison import PairedComparison, compare_paired
from genops.stats.confidence_sequence import ConfidenceSequence
from genops.stats.differences import difference_interval
from genops.stats.evidence import difference_e_value
from genops.stats.interval import Interval, Statistic, bootstrap_interval, mean_interval
from genops.stats.krippendorff import krippendorff_alpha
from genops.stats.length_control import LengthControlled, length_controlled_win_rate
from genops.stats.mcnemar import McNemarTest, mcnemar_test
from genops.stats.misclassification import corrected_rate
from genops.stats.multiple import Correction, benjamini_hochberg, e_benjamini_hochberg, holm
from genops.stats.permutation import Alternative, PermutationTest, paired_permutation_test
from genops.stats.power import FixedPlan, SequentialPlan, cases_for_mean, cases_for_proportion, sequential_cases
from genops.stats.prediction_powered import LabelPlan, PredictionPowered, labels_for_width, prediction_powered_mean
from genops.stats.proportions import Proportion, clopper_pearson_interval, proportion_interval, wilson_interval
from genops.stats.ratings import Rating, bradley_terry
from genops.stats.repeats import pass_at_k, pass_hat_k
from genops.stats.running_mean import running_mean_interval
from genops.stats.sampling import draw_order, mean_bounds, mean_estimate
from genops.stats.sequential import SequentialResult, SequentialTest, Verdict

__all__ = [
    "Alternative",
    "Claim",
    "ClusteredCounts",
    "ConfidenceSequence",
    "ConfusionTable",
    "Correction",
    "FiniteDataset",
    "FixedPlan",
    "Interval",
    "LabelPlan",
    "LengthControlled",
    "McNemarTest",
    "PairedComparison",
    "PermutationTest",
    "Population",
    "PredictionPowered",
    "Proportion",
    "Rating",
    "SequentialPlan",
    "SequentialResult",
    "SequentialTest",
    "Statistic",
    "Verdict",
    "benjamini_hochberg",
    "bootstrap_interval",
    "bradley_terry",
    "cases_for_mean",
    "cases_for_proportion",
    "clopper_pearson_interval",
    "cluster_bootstrap_interval",
    "cluster_mean_interval",
    "cluster_permutation_test",
    "cluster_prediction_powered_mean",
    "cluster_quantile_interval",
    "cohen_kappa",
    "compare_paired",
    "confusion_table",
    "corrected_rate",
    "difference_e_value",
    "difference_interval",
    "draw_order",
    "e_benjamini_hochberg",
    "gwet_ac1",
    "holm",
    "krippendorff_alpha",
    "labels_for_width",
    "length_controlled_win_rate",
    "mcnemar_test",
    "mean_bounds",
    "mean_estimate",
    "mean_interval",
    "paired_permutation_test",
    "pass_at_k",
    "pass_hat_k",
    "prediction_powered_mean",
    "proportion_interval",
    "quantile_interval",
    "ratio_interval",
    "raw_agreement",
    "running_mean_interval",
    "sequential_cases",
    "wilson_interval",
]
