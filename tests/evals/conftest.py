"""A project in a folder of its own, its suites, and what came of them."""

import textwrap
from collections import Counter

import pytest

import genops
from genops.evals import Suite, define_suite, evaluate
from genops.evals.plan import Plan
from genops.syntax import read_yaml
from tests.executor.site import site

__all__ = ["site"]

ECHO = """
    inputs: {text: str}
    steps:
      say: {tool: echo, with: {text: "{{ inputs.text }}"}}
    output: "{{ steps.say.output }}"
    """
ASK = """
    inputs: {question: str}
    steps:
      ask: {prompt: ask, with: {question: "{{ inputs.question }}"}}
    output: "{{ steps.ask.output }}"
    """


class Lab:
    """A project with two chains: ``echo`` calls a tool, ``ask`` a model.

    Attributes:
        site: The project.
        calls: How often the tool was called with each text.
        replies: What the tool gives instead of the text itself; an exception is raised, a function called.
    """

    def __init__(self, site):
        self.site = site
        self.calls = Counter()
        self.replies = {}
        site.write("chains/echo.yaml", ECHO)
        site.write("chains/ask.yaml", ASK)
        site.prompt("ask")
        genops.tool(name="echo")(self._echo)

    def _echo(self, text: str) -> str:
        self.calls[text] += 1
        reply = self.replies.get(text, text)
        if isinstance(reply, BaseException):
            raise reply
        return reply() if callable(reply) else reply

    def suite(self, rows, scorers=("contains",), name="demo", **more):
        """A suite over rows: texts that are their own expectation, or mappings."""
        rows = [{"text": row, "expected": row} if isinstance(row, str) else row for row in rows]
        more.setdefault("chain", "echo")
        return define_suite(name, dataset=rows, scorers=scorers, folder=self.site.root, **more)

    def file(self, text, name="demo"):
        """A suite from a file of the project."""
        self.site.write(f"evals/{name}.yaml", text)
        return Suite.load(name, self.site.project.settings)

    def plan(self, suite, **options):
        """The suite resolved against the project."""
        return Plan.make(suite, self.site.project, **options)

    def run(self, suite, **options):
        """An evaluation with the samples that it has, by case, in the order of their numbers."""
        return Outcome(evaluate(suite, self.site.project, **options), self.site.project.store)


class Outcome:
    """What an evaluation came to, and what the store has of it."""

    def __init__(self, evaluation, store):
        self.evaluation = evaluation
        self.id = evaluation.record.id
        self.record = evaluation.record
        self.progress = evaluation.progress
        self.samples = list(store.samples(evaluation.record.id))

    def of(self, case):
        """The only sample of a case."""
        (found,) = [sample for sample in self.samples if sample.case == case]
        return found

    def score(self, case, scorer="contains"):
        return self.of(case).scores[scorer]

    @property
    def verdict(self):
        return self.evaluation.gate.verdict()

    @property
    def done(self):
        """Samples made now: good runs and failed ones."""
        return self.progress.done, self.progress.failed


@pytest.fixture
def lab(site):
    return Lab(site)


@pytest.fixture
def suite_of():
    """Reads a suite from YAML, as it would stand in ``suite.yaml``."""

    def read(text):
        file = read_yaml(textwrap.dedent(text).lstrip("\n"), "suite.yaml")
        return Suite.from_data(file.data, "suite", file=file)

    return read
