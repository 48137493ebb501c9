"""Datasets: cases from files, functions and traces, checked once and read by number."""

from genops.evals.datasets.dataset import Dataset
from genops.evals.datasets.selection import Selection
from genops.evals.datasets.spec import DatasetSpec

__all__ = ["Dataset", "DatasetSpec", "Selection"]
