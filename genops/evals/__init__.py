"""Evaluation: suites of cases, scorers and judges, and the gate.

What runs suites is imported when first used, so that a plug-in that only brings a scorer stays light.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from genops.late import importing, late

with importing():
    from genops.evals.case import Case
    from genops.evals.judging import Answer
    from genops.evals.sample import Sample, ScoringContext
    from genops.evals.score import Evidence, Range, Score, Unscored
    from genops.evals.scorer import Scorer, as_text, find_scorer, scorer

if TYPE_CHECKING:
    from genops.evals.evaluation import aevaluate, define_suite, evaluate
    from genops.evals.suite import Suite
    from genops.evals.use import use_scorer

_LATER = {
    "Suite": "genops.evals.suite",
    "aevaluate": "genops.evals.evaluation",
    "define_suite": "genops.evals.evaluation",
    "evaluate": "genops.evals.evaluation",
    "use_scorer": "genops.evals.use",
}

__all__ = [
    "Answer",
    "Case",
    "Evidence",
    "Range",
    "Sample",
    "Score",
    "Scorer",
    "ScoringContext",
    "Suite",
    "Unscored",
    "aevaluate",
    "as_text",
    "define_suite",
    "evaluate",
    "find_scorer",
    "scorer",
    "use_scorer",
]

__getattr__ = late(__name__, _LATER)
