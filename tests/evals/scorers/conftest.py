"""A chain that is really run, and its sample scored as a suite does it."""

from dataclasses import dataclass
from typing import Any

import pytest

from genops.chains import Parsing
from genops.evals import Case, Sample, Score, Unscored
from genops.evals.judges.asking import Questions
from genops.evals.runner.scoring import Scoring
from genops.evals.use import parse_use, python_parsing
from genops.executor import RunOptions, run_sync
from genops.syntax import compile_value
from tests.executor.site import Site, site

__all__ = ["site"]


@dataclass
class Bench:
    """A project whose runs are scored.

    Attributes:
        site: The project.
        case: What the next run is asked for.
        sample: The last run.
        spans: Its spans.
    """

    site: Site
    case: Case = None
    sample: Sample = None
    spans: list = None

    def run(self, chain: str, *, case: Case | None = None, memo: bool = False, cache: bool = False) -> Any:
        """Runs a chain for a case; its output."""
        self.case = case or Case("c1", {})
        options = RunOptions(memo=self.site.project.memo() if memo else None, use_cache=cache)
        result = self.site.chain(chain).run_sync(self.case.inputs, options)
        trace = self.site.trace(result)
        self.sample, self.spans = Sample(self.case, "main", 0, result.output, trace.run), trace.spans
        return result.output

    def score(self, entry: Any) -> Score:
        """The score by an entry of a suite's ``scorers``."""
        use = parse_use(entry, _parsing(entry))
        scoring = Scoring(self.sample, self.site.project, Questions(self.site.project, memo=False), self.spans)
        return run_sync(use.score(self.sample, compile_value("{{ output }}"), scoring))

    def value(self, entry: Any) -> float:
        return self.score(entry).value

    def unscored(self, entry: Any) -> str:
        """Why there is no score, and what to do about it."""
        with pytest.raises(Unscored) as caught:
            self.score(entry)
        return str(caught.value)


def _parsing(entry: Any) -> Parsing:
    return python_parsing(entry, "suite")


@pytest.fixture
def bench(site: Site) -> Bench:
    return Bench(site)
