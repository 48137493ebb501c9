"""One answer of a chain to a case, changed or not, and how two of them are compared."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from genops.artifacts import Value, decode
from genops.chains import evaluate
from genops.errors import GenopsError, ModelRefused, StepTimeout
from genops.evals.case import Case
from genops.evals.fault import fault_of
from genops.evals.judges.asking import Questions
from genops.evals.runner.scoring import Judged, Scoring, score_sample
from genops.evals.sample import Sample
from genops.evals.scorer import as_text
from genops.evals.scorers.normalisation import normalised
from genops.evals.use import ScorerUse, parse_use, python_parsing, use_scorer
from genops.executor import Project, RunOptions, run_chain
from genops.executor.closure import Closure
from genops.fuzz.robustness.rearranged import Rearranging, rearranged
from genops.store.records.runs import RunRecord, SpanRecord
from genops.tracing.readable import cut
from genops.tracing.recorder import describe
from genops.tracing.trace import Trace

_PROMPT = "gen_ai.prompt.name"
_SHOWN = 400
"""Characters of an answer that are shown."""


@dataclass(frozen=True)
class Answer:
    """What a chain gave to a case, as its trace has it.

    Attributes:
        run: The run; None where none began.
        spans: Of it.
        value: Gives a payload of the trace by its digest.
        error: How it failed; empty where it did not.
        infrastructure: Whether a model was away, so that nothing is known of the chain.
    """

    run: RunRecord | None
    spans: Sequence[SpanRecord] = ()
    value: Callable[[str | None], Value] = lambda _: None
    error: Mapping[str, Value] = field(default_factory=dict)
    infrastructure: bool = False

    @classmethod
    def stored(cls, trace: Trace) -> Answer:
        """The answer of an earlier sitting."""
        return cls(trace.run, trace.spans, trace.value, trace.run.error or {})

    @property
    def output(self) -> Value:
        """Of the chain; None where it gave none."""
        return None if self.run is None or self.error else self.value(self.run.output)


@dataclass(frozen=True)
class Asking:
    """Asks a chain, and compares its answers.

    Attributes:
        project: Where it runs.
        closure: Of the chain; its searches can be rearranged.
        of: What is compared, compiled.
        same: Passes where two answers are the same; None for equality up to case, punctuation and articles.
        questions: What a judge in ``same`` asks.
        timeout: Seconds for one answer; None for no bound.
    """

    project: Project
    closure: Closure
    of: Any
    same: ScorerUse | None
    questions: Questions
    timeout: float | None = None

    async def ask(self, inputs: Mapping[str, Value], relation: str, rearranging: Rearranging | None = None) -> Answer:
        """Runs the chain once.

        Args:
            inputs: Of the chain.
            relation: What the run is tagged with.
            rearranging: What is done to its searches.

        Raises:
            StoreError: The run cannot be kept.
        """
        made: list[tuple[RunRecord, list[SpanRecord], Callable[[str], bytes | None]]] = []
        options = RunOptions(
            mode="fuzz", tags=(f"relation:{relation}",), on_finish=lambda *finished: made.append(finished)
        )
        error: Exception | None = None
        try:
            with rearranged(rearranging):
                async with asyncio.timeout(self.timeout):
                    await run_chain(self.project, self.closure, inputs, options)
        except TimeoutError:
            error = StepTimeout(f"no answer within {self.timeout:g} s", hint="raise the campaign's `timeout`")
        except Exception as failure:  # a chain that breaks under a change is what is looked for
            error = failure
        if not made:
            return Answer(None, error=describe(error or StepTimeout("the run was never begun")), infrastructure=True)
        run, spans, payload = made[0]
        described = {} if error is None else describe(error)
        if run.error is not None and not isinstance(error, StepTimeout):
            described = run.error  # without secrets
        away = fault_of(run) == "infrastructure" and not isinstance(error, ModelRefused)
        return Answer(run, spans, _reader(payload), described, away)

    async def score(self, case: Case, before: Answer, after: Answer) -> tuple[dict[str, Any], Judged]:
        """How an answer compares with the one to the unchanged case, as scores are stored, and what judges used.

        Args:
            case: That was asked.
            before: The answer to the unchanged case.
            after: The answer that is compared.
        """
        assert after.run is not None
        try:
            expected = self.compared(case, before)
        except GenopsError as error:
            return {"unscored": f"the answer to the unchanged case: {error.message}"}, Judged()
        if not as_text(expected).strip():
            return {"unscored": "the answer to the unchanged case is empty"}, Judged()
        sample = Sample(replace(case, expected=expected), "changed", 0, after.output, after.run)
        use = self.same or (_TEXTS if isinstance(expected, str) else _VALUES)
        scoring = Scoring(sample, self.project, self.questions, list(after.spans))
        scores = await score_sample([use], self.of, scoring)
        return next(iter(scores.values()), {}), scoring.judged

    def compared(self, case: Case, answer: Answer) -> Value:
        """What of an answer is compared.

        Raises:
            GenopsError: The answer has no such part.
        """
        assert answer.run is not None
        value: Value = evaluate(self.of, Sample(case, "answer", 0, answer.output, answer.run).variables())
        return value

    def shown(self, case: Case, answer: Answer) -> str:
        """The beginning of what is compared, or how the chain failed, for people; empty where neither is there."""
        if answer.error:
            return cut(str(answer.error.get("message", "")), _SHOWN)
        try:
            return cut(as_text(self.compared(case, answer)), _SHOWN)
        except GenopsError:  # `same` looks at another part
            return ""


def first_changed(before: Answer, after: Answer) -> tuple[str, str]:
    """The step of a prompt whose output was the first to change, and the prompt's name; two empty texts for none.

    Outputs are compared up to case, punctuation and articles. A step that only one of the runs has is a change.

    Args:
        before: The answer to the unchanged case.
        after: The answer that is compared.
    """
    known = {span.path: span for span in _prompts(before)}
    for span in _prompts(after):
        other = known.pop(span.path, None)
        if other is None or not _alike(before.value(other.output), after.value(span.output)):
            return span.path, str(span.attributes[_PROMPT])
    gone = next(iter(known.values()), None)
    return ("", "") if gone is None else (gone.path, str(gone.attributes[_PROMPT]))


def _prompts(answer: Answer) -> list[SpanRecord]:
    """Steps that a prompt answers, in the order in which they ended."""
    found = [span for span in answer.spans if _PROMPT in span.attributes and span.kind in ("step", "agent")]
    return sorted(found, key=lambda span: (span.ended or 0, span.number))


def _alike(one: Value, other: Value) -> bool:
    return one == other or normalised(as_text(one)) == normalised(as_text(other))


def _reader(payload: Callable[[str], bytes | None]) -> Callable[[str | None], Value]:
    def value(digest: str | None) -> Value:
        data = None if digest is None else payload(digest)
        return None if data is None else decode(data)

    return value


def _use(name: str, **settings: Any) -> ScorerUse:
    entry = use_scorer(name, **settings) if settings else name
    return parse_use(entry, python_parsing(entry, "same answers"))


_TEXTS = _use("exact_match")
_VALUES = _use("equals", ignore_case=True)
