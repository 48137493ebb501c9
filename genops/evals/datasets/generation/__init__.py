"""Cases that a model makes from the documents of an index."""

from genops.evals.datasets.generation.generate import Outcome, generate_cases

__all__ = ["Outcome", "generate_cases"]
