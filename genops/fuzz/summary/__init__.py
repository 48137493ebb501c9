"""What a campaign's tries say: rates with intervals, counts, findings and a verdict; what every report shows."""

from genops.fuzz.summary.comparison import Comparison, ObjectiveDifference, compare
from genops.fuzz.summary.rate import Accuracy, SeedCounts
from genops.fuzz.summary.summary import (
    AtLeastOnce,
    FindingSummary,
    MutatorRate,
    ObjectiveSummary,
    StepRate,
    Summary,
    summarise,
)
from genops.fuzz.summary.verdict import Outcomes, Standing, Verdict

__all__ = [
    "Accuracy",
    "AtLeastOnce",
    "Comparison",
    "FindingSummary",
    "MutatorRate",
    "ObjectiveDifference",
    "ObjectiveSummary",
    "Outcomes",
    "SeedCounts",
    "Standing",
    "StepRate",
    "Summary",
    "Verdict",
    "compare",
    "summarise",
]
