"""Comparing the variants' answers to one case while samples come in."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Any

from genops.artifacts import decode
from genops.chains import evaluate
from genops.evals.judges.scorers.pairwise import Comparison, compare
from genops.evals.judges.verdicts import question_of
from genops.evals.judging import NoAnswer
from genops.evals.plan import Job, Plan
from genops.evals.runner.scoring import Scoring
from genops.evals.score import Unscored
from genops.evals.scorer import as_text
from genops.store.records.evaluations import SampleRecord
from genops.syntax import Expression

_WORTH = {"a": 1.0, "tie": 0.5, "b": 0.0}


@dataclass
class Pairs:
    """The answers to cases of which not every variant's has come.

    The answer that comes later is compared with those that are there, and its sample keeps the verdicts.

    Attributes:
        plan: What is evaluated.
    """

    plan: Plan
    _texts: dict[tuple[int, int], dict[str, str]] = field(default_factory=dict)

    def take_over(self, sample: SampleRecord) -> None:
        """Takes the answer of a sample that was made before."""
        data = self.plan.project.store.payload(sample.output) if sample.output is not None else None
        if data is not None:
            output = decode(data)
            case = self.plan.dataset[sample.case_number]
            text = as_text(evaluate(self.plan.suite.of, {**case.variables(), "output": output, "run": {}}))
            self._add((sample.case_number, sample.repeat), sample.variant, text)

    async def judge(self, job: Job, scoring: Scoring) -> list[dict[str, Any]]:
        """The verdicts about an answer and those to the same case that came before it, redacted."""
        pairwise = self.plan.suite.pairwise
        names = {variant.name for variant in self.plan.candidates}
        if pairwise is None or job.variant.name not in names:
            return []
        variables = scoring.sample.variables()
        text = as_text(evaluate(self.plan.suite.of, variables))
        others = self._add((job.case_number, job.repeat), job.variant.name, text)
        wanted = [(name, other) for name, other in others.items() if pairwise.wants(job.variant.name, name)]
        found = await asyncio.gather(*(self._compared(job.variant.name, text, *other, scoring) for other in wanted))
        shown: Any = self.plan.project.redactor.session().value(list(found))
        return list(shown)

    def _add(self, key: tuple[int, int], variant: str, text: str) -> dict[str, str]:
        """Notes an answer; the answers of other variants that were there before."""
        before = dict(self._texts.get(key, {}))
        before.pop(variant, None)
        if len(before) + 1 == len(self.plan.candidates):
            self._texts.pop(key, None)
        else:
            self._texts.setdefault(key, {})[variant] = text
        return before

    async def _compared(self, variant: str, text: str, other: str, other_text: str, scoring: Scoring) -> dict[str, Any]:
        pairwise = self.plan.suite.pairwise
        assert pairwise is not None
        variables = scoring.sample.variables()
        verdict: dict[str, Any] = {
            "first": variant,
            "second": other,
            "length": len(text),
            "other_length": len(other_text),
        }
        try:
            reference = as_text(Expression(pairwise.reference).evaluate(variables))
            asked = pairwise.question and as_text(Expression(pairwise.question).evaluate(variables))
            found = await compare(
                scoring,
                pairwise.prompt,
                text,
                other_text,
                question=question_of(scoring.sample, asked),
                criterion=pairwise.criterion,
                reference=reference,
                model=pairwise.model,
            )
        except Unscored as error:
            return {**verdict, "unscored": error.message, "infrastructure": isinstance(error, NoAnswer)}
        return {**verdict, **_told(found)}


def _told(found: Comparison) -> dict[str, Any]:
    return {
        "outcome": _WORTH[found.winner],
        "orders_agree": found.agree,
        "explanation": found.explanation,
        "runs": [answer.run for answer in found.answers],
    }
