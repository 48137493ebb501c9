"""What an evaluation's samples say: counts, means with intervals, comparisons; what every report shows."""

from genops.evals.summary.arms import FailedSample, FailedScore, Failure, failures_of
from genops.evals.summary.comparison import Comparison, Correction, CorrectionName, Difference, Moved
from genops.evals.summary.cost_per_pass import CostPerPass
from genops.evals.summary.measure import Distribution, Histogram, Measure
from genops.evals.summary.metric import MetricSpec, MetricSummary, Tries, Unscored
from genops.evals.summary.pairs import PairSummary
from genops.evals.summary.summary import Counts, Summary, Tally, Usage, VariantSummary, summarise

__all__ = [
    "Comparison",
    "Correction",
    "CorrectionName",
    "CostPerPass",
    "Counts",
    "Difference",
    "Distribution",
    "FailedSample",
    "FailedScore",
    "Failure",
    "Histogram",
    "Measure",
    "MetricSpec",
    "MetricSummary",
    "Moved",
    "PairSummary",
    "Summary",
    "Tally",
    "Tries",
    "Unscored",
    "Usage",
    "VariantSummary",
    "failures_of",
    "summarise",
]
