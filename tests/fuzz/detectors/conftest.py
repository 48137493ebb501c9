"""A chain that is really run, as for every scorer, and one whose model says what it is told to."""

import json

import pytest

from genops.evals import Case
from tests.evals.scorers.conftest import Bench, bench
from tests.executor.conftest import site

__all__ = ["bench", "site"]

SAY = "inputs: {question: str}\nsteps: {say: {prompt: ask, with: {question: '{{ inputs.question }}'}}}"


@pytest.fixture
def said(bench: Bench):
    """A run whose model says a text."""
    bench.site.prompt("ask")

    def run(text: str, question: str = "go", settings: str = "") -> Bench:
        bench.site.settings(settings)
        bench.site.scripted(f"rules: [{{text: {json.dumps(text)}}}]")
        bench.run(SAY, case=Case("c1", {"question": question}))
        return bench

    return run
