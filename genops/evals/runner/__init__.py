"""Running a plan: samples made side by side, scored, and kept as they end."""

from genops.evals.runner.progress import Progress
from genops.evals.runner.run import Evaluation, Runner, changes, open_evaluation, unfinished_evaluation

__all__ = ["Evaluation", "Progress", "Runner", "changes", "open_evaluation", "unfinished_evaluation"]
