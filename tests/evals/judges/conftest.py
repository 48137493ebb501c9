"""A sample and its scoring context around a real project whose judge is a scripted model."""

import json
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import pytest

from genops.evals import Case, Sample, Unscored
from genops.evals.judges.asking import Questions
from genops.executor import run_sync
from genops.store.records.runs import RunRecord
from tests.executor.site import site

__all__ = ["site"]


@dataclass
class Bench:
    """A scoring context: its questions go through the executor to the scripted model ``judge``.

    Attributes:
        site: The project.
        hits: What the run has retrieved.
    """

    site: Any
    sample: Sample = None
    hits: list = field(default_factory=list)

    @property
    def settings(self):
        return self.site.project.settings

    @cached_property
    def questions(self):
        return Questions(self.site.project)

    async def ask(self, prompt, inputs, *, model=None, number=0, fits=None):
        return await self.questions.ask(prompt, inputs, model=model, number=number, fits=fits)

    async def retrieved(self):
        return self.hits

    def case(self, output="", *, expected=None, **inputs):
        """Sets what is scored."""
        case = Case("c1", inputs or {"question": "Why?"}, expected=expected)
        self.sample = Sample(case, "v", 0, output, RunRecord("r" * 32, "r" * 32, "main", 0, ended=1))
        return self

    def says(self, *rules, alias="m"):
        """The judge's rules: an answer (what is no text is written as JSON), or a rule as a mapping."""
        self.site.scripted(json.dumps({"rules": [_rule(rule) for rule in rules]}), alias)
        return self

    def score(self, scorer, **settings):
        """The score of the sample."""
        work = scorer.score(self.sample.output, self.sample, self, settings)
        return run_sync(work)

    def unscored(self, scorer, **settings):
        """Why there is no score."""
        with pytest.raises(Unscored) as caught:
            self.score(scorer, **settings)
        return caught.value

    def asked(self, run):
        """The messages of the last call of a judge's run."""
        trace = self.site.trace(run)
        call = [span for span in trace.spans if span.kind == "model"][-1]
        return trace.value(call.input)["messages"]


def _rule(rule):
    if isinstance(rule, dict) and {"when", "fault", "text", "json"} & set(rule):
        rule = dict(rule)
        if "json" in rule:
            rule["text"] = _literal(json.dumps(rule.pop("json")))
        return rule
    return {"text": rule if isinstance(rule, str) else _literal(json.dumps(rule))}


def _literal(text):
    """Text that holds no expression for the script."""
    return text.replace("{{", "{ {").replace("}}", "} }")


@pytest.fixture
def bench(site):
    return Bench(site)
