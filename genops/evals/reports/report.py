"""What a report is made of."""

from __future__ import annotations

from dataclasses import dataclass

from genops.evals.results import Results
from genops.evals.summary import Summary
from genops.executor import Project
from genops.store.records.evaluations import EvalRecord


@dataclass(frozen=True, slots=True)
class Report:
    """An evaluation that is reported.

    Attributes:
        summary: What its samples say.
        record: The evaluation.
        results: Gives the samples one by one, to formats that show each of them.
        project: Whose evaluation it is.
    """

    summary: Summary
    record: EvalRecord
    results: Results
    project: Project

    @property
    def suite_file(self) -> str:
        """The suite's file, relative to the project; empty where it was made in Python."""
        settings = self.results.settings
        path = settings.paths.evals / f"{self.record.suite}.yaml"
        return path.as_posix() if (settings.root / path).is_file() else ""
