"""Evaluation: suites of cases, scorers and judges, and the gate."""

from genops.evals.case import Case
from genops.evals.judging import Answer
from genops.evals.sample import Sample, ScoringContext
from genops.evals.score import Evidence, Range, Score, Unscored
from genops.evals.scorer import Scorer, as_text, find_scorer, scorer

__all__ = [
    "Answer",
    "Case",
    "Evidence",
    "Range",
    "Sample",
    "Score",
    "Scorer",
    "ScoringContext",
    "Unscored",
    "as_text",
    "find_scorer",
    "scorer",
]
