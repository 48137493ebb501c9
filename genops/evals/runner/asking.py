"""Asking the chain under test one case: what is planted before, what bounds it, and whether a failure is an answer."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from genops.artifacts import Value
from genops.chains.cancellation import is_cancelled
from genops.errors import StepError, StepTimeout
from genops.evals.case import Case
from genops.evals.fault import fault_of
from genops.evals.plan import Job, Plan
from genops.evals.planting import Planted, read_plants
from genops.evals.use import ScorerUse
from genops.executor import RunOptions, run_chain
from genops.executor.memo import Memo
from genops.models.own_time import OwnTime
from genops.store.records.runs import RunRecord, SpanRecord
from genops.tracing.telemetry import USAGE


@dataclass(slots=True)
class Asked:
    """What came of asking.

    Attributes:
        case: What was asked.
        output: Of the chain; None where it gave none.
        error: Why it gave none.
        run: Its record; None where it was never begun.
        spans: Of the run.
        before: Runs of other sessions that were planted.
        seconds: How long all took.
    """

    case: Case
    output: Value = None
    error: Exception | None = None
    run: RunRecord | None = None
    spans: list[SpanRecord] = field(default_factory=list)
    before: list[RunRecord] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def may_be_answer(self) -> bool:
        """Whether it gave an output, or failed in a way that the case takes for an answer.

        What was broken off, as it took longer than a case may, is none.
        """
        if self.error is None:
            return True
        if self.run is None or self.run.status == "cancelled":
            return False
        return self.case.may_decline and fault_of(self.run) != "infrastructure"

    def is_answer(self, scores: Mapping[str, Any]) -> bool:
        """Whether there is a sample to be kept, now that it is scored.

        Declining is an answer. A failure of the chain is one where a scorer finds it bad: that others find nothing bad
        in a run that went to pieces tells nothing.
        """
        if self.error is None or (self.run is not None and fault_of(self.run) == "declined"):
            return True
        return any(score.get("passed") is False for score in scores.values())

    def scored(self, uses: Sequence[ScorerUse], of: Any) -> tuple[Sequence[ScorerUse], Any]:
        """The scorers, and what they look at: the empty text where there is no output."""
        return (uses, of) if self.error is None else ([replace(use, of=None) for use in uses], "")

    @property
    def cost(self) -> float | None:
        """US dollars; None where a price is unknown."""
        costs = [run.cost for run in self._runs]
        return None if None in costs else sum(cost or 0.0 for cost in costs)

    @property
    def tokens(self) -> tuple[int, int]:
        """Input and output tokens."""
        return sum(run.input_tokens for run in self._runs), sum(run.output_tokens for run in self._runs)

    @property
    def counted(self) -> bool:
        """Whether the providers told how many tokens every call of the run took."""
        answered = [span.attributes for span in self.spans if span.kind == "model" and span.status == "ok"]
        return all(attributes.get(name) is not None for attributes in answered for name in USAGE)

    @property
    def _runs(self) -> list[RunRecord]:
        return [*self.before, *([self.run] if self.run is not None else [])]


@dataclass
class Asking:
    """Asks cases.

    Args:
        plan: What is evaluated.
        tag: Of every run.
        memo: Results of earlier evaluations; None to use none.
        use_cache: Whether the response cache may answer model calls.
    """

    plan: Plan
    tag: str
    memo: Memo | None
    use_cache: bool

    def __post_init__(self) -> None:
        self._planted = Planted(self.plan.variants)

    async def ask(self, job: Job) -> Asked:
        """Asks the case of a job; a bug in the code of one case's tools is no reason to lose the others."""
        asked = Asked(self.plan.dataset[job.case_number])
        started = time.perf_counter()
        try:
            run = self._run(asked, job)
            seconds = self.plan.suite.timeout
            asked.output = await (run if seconds is None else _bounded(run, seconds))
        except Exception as error:
            asked.error = error
        except asyncio.CancelledError as error:
            if is_cancelled():
                raise
            asked.error = StepError(f"the run was cancelled by what it called: {error}".rstrip(": "))
        asked.seconds = time.perf_counter() - started
        return asked

    async def _run(self, asked: Asked, job: Job) -> Value:
        planting = read_plants(asked.case.plants)
        closure = self._planted.closure(job.variant, planting.plants, planting.entered)
        inputs = {**asked.case.inputs, **planting.inputs}

        def keep(run: RunRecord, spans: list[SpanRecord], _payload: object) -> None:
            asked.run, asked.spans = run, spans

        def keep_before(run: RunRecord, _spans: object, _payload: object) -> None:
            asked.before.append(run)

        options = RunOptions(
            mode="eval",
            reference=job.variant.reference,
            tags=(self.tag,),
            use_cache=self.use_cache,
            memo=None if planting.sessions else self.memo,  # what another session left is in no key
            repeat=job.repeat,
            on_finish=keep,
        )
        for number, said in enumerate(planting.sessions):
            other = replace(options, session=f"other-{number}", on_finish=keep_before)
            before = self._planted.closure(job.variant, planting.plants)
            await run_chain(self.plan.project, before, said, other)
        output: Value = (await run_chain(self.plan.project, closure, inputs, options)).output
        return output


async def _bounded(run: Awaitable[Value], seconds: float) -> Value:
    limit = OwnTime(seconds)
    try:
        async with limit:
            return await run
    except TimeoutError:
        if not limit.expired:
            raise
        raise StepTimeout(f"the case was not done within {seconds:g} s", hint="raise the suite's `timeout`") from None
