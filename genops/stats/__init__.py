"""Pure mathematics: intervals and tests. Nothing here reads, writes or knows what the numbers mean.

What is there is imported when it is first used: a report needs a third of it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from genops.late import late

if TYPE_CHECKING:
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
    from genops.stats.sampling import draw_order, drawn_weights, mean_bounds, mean_estimate
    from genops.stats.sequential import SequentialResult, SequentialTest, Verdict

_LATER = {
    "Alternative": "genops.stats.permutation",
    "Claim": "genops.stats.betting",
    "ClusteredCounts": "genops.stats.clustered_proportion",
    "ConfidenceSequence": "genops.stats.confidence_sequence",
    "ConfusionTable": "genops.stats.agreement",
    "Correction": "genops.stats.multiple",
    "FiniteDataset": "genops.stats.betting",
    "FixedPlan": "genops.stats.power",
    "Interval": "genops.stats.interval",
    "LabelPlan": "genops.stats.prediction_powered",
    "LengthControlled": "genops.stats.length_control",
    "McNemarTest": "genops.stats.mcnemar",
    "PairedComparison": "genops.stats.comparison",
    "PermutationTest": "genops.stats.permutation",
    "Population": "genops.stats.betting",
    "PredictionPowered": "genops.stats.prediction_powered",
    "Proportion": "genops.stats.proportions",
    "Rating": "genops.stats.ratings",
    "SequentialPlan": "genops.stats.power",
    "SequentialResult": "genops.stats.sequential",
    "SequentialTest": "genops.stats.sequential",
    "Statistic": "genops.stats.interval",
    "Verdict": "genops.stats.sequential",
    "benjamini_hochberg": "genops.stats.multiple",
    "bootstrap_interval": "genops.stats.interval",
    "bradley_terry": "genops.stats.ratings",
    "cases_for_mean": "genops.stats.power",
    "cases_for_proportion": "genops.stats.power",
    "clopper_pearson_interval": "genops.stats.proportions",
    "cluster_bootstrap_interval": "genops.stats.bootstrap",
    "cluster_mean_interval": "genops.stats.clusters",
    "cluster_permutation_test": "genops.stats.clusters",
    "cluster_prediction_powered_mean": "genops.stats.clustered_prediction",
    "cluster_quantile_interval": "genops.stats.cluster_quantiles",
    "cohen_kappa": "genops.stats.agreement",
    "compare_paired": "genops.stats.comparison",
    "confusion_table": "genops.stats.agreement",
    "corrected_rate": "genops.stats.misclassification",
    "difference_e_value": "genops.stats.evidence",
    "difference_interval": "genops.stats.differences",
    "draw_order": "genops.stats.sampling",
    "drawn_weights": "genops.stats.sampling",
    "e_benjamini_hochberg": "genops.stats.multiple",
    "gwet_ac1": "genops.stats.agreement",
    "holm": "genops.stats.multiple",
    "krippendorff_alpha": "genops.stats.krippendorff",
    "labels_for_width": "genops.stats.prediction_powered",
    "length_controlled_win_rate": "genops.stats.length_control",
    "mcnemar_test": "genops.stats.mcnemar",
    "mean_bounds": "genops.stats.sampling",
    "mean_estimate": "genops.stats.sampling",
    "mean_interval": "genops.stats.interval",
    "paired_permutation_test": "genops.stats.permutation",
    "pass_at_k": "genops.stats.repeats",
    "pass_hat_k": "genops.stats.repeats",
    "prediction_powered_mean": "genops.stats.prediction_powered",
    "proportion_interval": "genops.stats.proportions",
    "quantile_interval": "genops.stats.bootstrap",
    "ratio_interval": "genops.stats.bootstrap",
    "raw_agreement": "genops.stats.agreement",
    "running_mean_interval": "genops.stats.running_mean",
    "sequential_cases": "genops.stats.power",
    "wilson_interval": "genops.stats.proportions",
}

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
    "drawn_weights",
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

__getattr__ = late(__name__, _LATER)
