"""Quality of retrieval: judged queries, metrics with intervals, paired comparisons, tuning on a split."""

from genops.retrieval.quality.beir import JudgedQueries, read_beir
from genops.retrieval.quality.evaluation import Qrels, Run, compare, document_scores, evaluate
from genops.retrieval.quality.report import Comparison, Difference, Loss, Report
from genops.retrieval.quality.tuning import Configuration, Search, Trial, Tuning, split_queries, tune

__all__ = [
    "Comparison",
    "Configuration",
    "Difference",
    "JudgedQueries",
    "Loss",
    "Qrels",
    "Report",
    "Run",
    "Search",
    "Trial",
    "Tuning",
    "compare",
    "document_scores",
    "evaluate",
    "read_beir",
    "split_queries",
    "tune",
]
