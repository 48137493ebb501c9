"""Comparing the variants' answers to one case while samples come in."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from genops.artifacts import decode
from genops.errors import InputError, ReferenceNotFound
from genops.evals.judges.scorers.pairwise import Comparison, compare
from genops.evals.judges.verdicts import question_of
from genops.evals.judging import NoAnswer
from genops.evals.plan import Job, Plan
from genops.evals.runner.scoring import Scoring
from genops.evals.sample import Sample
from genops.evals.score import Unscored
from genops.evals.scorer import as_text
from genops.evals.subject import subject_of
from genops.store.records.evaluations import SampleRecord
from genops.syntax import Expression
from genops.tracing.trace import Trace

_Answer: TypeAlias = str | Unscored | SampleRecord
_WORTH = {"a": 1.0, "tie": 0.5, "b": 0.0}


@dataclass
class Pairs:
    """The answers to cases of which not every variant's has come.

    The answer that comes later is compared with those that are there, and its sample keeps the verdicts.

    Attributes:
        plan: What is evaluated.
    """

    plan: Plan
    _answers: dict[tuple[int, int], dict[str, _Answer]] = field(default_factory=dict)

    def take_over(self, sample: SampleRecord) -> None:
        """Takes the answer of a sample that was made before; it is read when another one is compared with it."""
        if sample.status == "ok":
            self._add((sample.case_number, sample.repeat), sample.variant, sample)

    async def judge(self, job: Job, of: Any, scoring: Scoring) -> list[dict[str, Any]]:
        """The verdicts about an answer and those to the same case that came before it, redacted.

        Args:
            job: Whose answer it is.
            of: What of the answer is compared.
            scoring: Of its sample.
        """
        pairwise = self.plan.suite.pairwise
        names = {variant.name for variant in self.plan.candidates}
        if pairwise is None or job.variant.name not in names:
            return []
        text = await _text(of, scoring)
        others = self._add((job.case_number, job.repeat), job.variant.name, text)
        wanted = [(name, other) for name, other in others.items() if pairwise.wants(job.variant.name, name)]
        found = await asyncio.gather(*(self._compared(job.variant.name, text, *other, scoring) for other in wanted))
        shown: Any = self.plan.project.redactor.session().value(list(found))
        return list(shown)

    def _add(self, key: tuple[int, int], variant: str, answer: _Answer) -> dict[str, _Answer]:
        """Notes an answer; the answers of other variants that were there before."""
        before = dict(self._answers.get(key, {}))
        before.pop(variant, None)
        if len(before) + 1 == len(self.plan.candidates):
            self._answers.pop(key, None)
        else:
            self._answers.setdefault(key, {})[variant] = answer
        return before

    async def _earlier(self, record: SampleRecord) -> str | Unscored:
        """What is compared of an answer that was made before."""
        if record.error:
            return ""
        project = self.plan.project
        try:
            trace = await asyncio.to_thread(Trace.load, project.store, record.run)
        except ReferenceNotFound:
            return Unscored("the trace of an earlier answer is no longer stored")
        data = None if record.output is None else await asyncio.to_thread(project.store.payload, record.output)
        if data is None:
            return Unscored("an earlier answer is no longer stored")
        case = self.plan.dataset[record.case_number]
        sample = Sample(case, record.variant, record.repeat, decode(data), trace.run)
        return await _text(self.plan.suite.of, Scoring(sample, project, self.plan.questions, list(trace.spans)))

    async def _compared(
        self, variant: str, text: str | Unscored, other: str, other_answer: _Answer, scoring: Scoring
    ) -> dict[str, Any]:
        pairwise = self.plan.suite.pairwise
        assert pairwise is not None
        variables = scoring.sample.variables()
        other_text = await self._earlier(other_answer) if isinstance(other_answer, SampleRecord) else other_answer
        verdict: dict[str, Any] = {"first": variant, "second": other}
        for read in (text, other_text):
            if isinstance(read, Unscored):
                return {**verdict, "unscored": read.message, "infrastructure": False}
        assert isinstance(text, str)
        assert isinstance(other_text, str)
        verdict |= {"length": len(text), "other_length": len(other_text)}
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
        except InputError as error:
            return {**verdict, "unscored": error.message, "infrastructure": False}
        return {**verdict, **_told(found)}


async def _text(of: Any, scoring: Scoring) -> str | Unscored:
    """What is compared of an answer, or why there is nothing to compare."""
    try:
        return as_text(await subject_of(of, scoring.sample.variables(), scoring))
    except InputError as error:
        return Unscored(f"of: {error.message}")
    except Unscored as error:
        return error


def _told(found: Comparison) -> dict[str, Any]:
    return {
        "outcome": _WORTH[found.winner],
        "orders_agree": found.agree,
        "explanation": found.explanation,
        "runs": [answer.run for answer in found.answers],
    }
