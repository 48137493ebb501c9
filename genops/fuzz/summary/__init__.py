"""What a campaign's tries say: rates with intervals, counts, findings and a verdict; what every report shows."""

from genops.fuzz.summary.comparison import Comparison, RateDifference, compare
from genops.fuzz.summary.finding import SEVERITIES, FindingSummary
from genops.fuzz.summary.objective import AtLeastOnce, FieldRate, MutatorRate, ObjectiveSummary, StepRate
from genops.fuzz.summary.outcomes import ChangeOutcomes, Outcomes
from genops.fuzz.summary.rate import Accuracy
from genops.fuzz.summary.robustness import ChangedAnswer, ChangeRate, PromptSensitivity, RobustnessSummary
from genops.fuzz.summary.summary import Summary, summarise
from genops.fuzz.summary.verdict import Standing, Verdict

__all__ = [
    "SEVERITIES",
    "Accuracy",
    "AtLeastOnce",
    "ChangeOutcomes",
    "ChangeRate",
    "ChangedAnswer",
    "Comparison",
    "FieldRate",
    "FindingSummary",
    "MutatorRate",
    "ObjectiveSummary",
    "Outcomes",
    "PromptSensitivity",
    "RateDifference",
    "RobustnessSummary",
    "Standing",
    "StepRate",
    "Summary",
    "Verdict",
    "compare",
    "summarise",
]
