"""Runs a plan: bounded concurrency and memory, every sample kept as it ends, resumable at any moment."""

from __future__ import annotations

import asyncio
import gc
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from genops.artifacts import Value
from genops.durable import try_lock
from genops.errors import GenopsError, StepTimeout, Unfinished
from genops.evals.case import Case
from genops.evals.outcome import infrastructure_failed, overall
from genops.evals.plan import Job, Plan
from genops.evals.rules import OVERALL
from genops.evals.runner.keeper import Keeper
from genops.evals.runner.pairs import Pairs
from genops.evals.runner.progress import Progress
from genops.evals.runner.scoring import Scoring, score_sample
from genops.evals.sample import Sample
from genops.executor import RunOptions, run_chain
from genops.models.loop_thread import on_loop
from genops.store.records import EvalRecord, RunRecord, SampleRecord, SpanRecord
from genops.tracing.recorder import describe, new_id
from genops.tracing.telemetry import RESPONSE_CACHED

if TYPE_CHECKING:
    from genops.evals.gate import GateProcess

_FIRST_UNITS = 16
_ALLOCATIONS = 50_000


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What an evaluation came to.

    Attributes:
        record: As it is stored.
        progress: What was done now.
        gate: Where the gate stands; None without one.
    """

    record: EvalRecord
    progress: Progress
    gate: GateProcess | None


@dataclass
class Runner:
    """Makes the samples of a plan.

    Args:
        plan: What is done.
        record: The evaluation that samples belong to; it is in the store.
        concurrency: Runs under way at once, at most.
        use_cache: Whether the response cache may answer model calls.
        memo: Whether results of earlier evaluations are used again.
        on_progress: Told after each sample.
    """

    plan: Plan
    record: EvalRecord
    concurrency: int
    use_cache: bool = False
    memo: bool = True
    on_progress: Callable[[Progress], None] | None = None
    progress: Progress = field(init=False)
    gate: GateProcess | None = field(init=False)

    def __post_init__(self) -> None:
        plan = self.plan
        self.progress = Progress(plan.samples)
        self.gate = _gate_of(plan) if plan.suite.gate is not None else None
        self._pairs = Pairs(plan) if plan.suite.pairwise is not None else None
        self._memo = plan.project.memo() if self.memo else None
        self._room = asyncio.Event()

    async def run(self) -> Evaluation:
        """Makes what is missing, until all is done, the gate is certain, or the budget is used up.

        Raises:
            StoreError: Samples cannot be kept.
            UsageError: Something that is wrong with the suite came up late.
        """
        return await on_loop(self._run())

    async def _run(self) -> Evaluation:
        project = self.plan.project
        with _alone(project.settings.data_dir, self.record), _rare_collections():
            done = await asyncio.to_thread(self._take_over)
            keeper = Keeper(project.store, self.record.id)
            status = "stopped"
            try:
                async with asyncio.TaskGroup() as group:
                    keeping = group.create_task(keeper.run())
                    jobs = self._jobs(done)
                    workers = [group.create_task(self._work(jobs, keeper)) for _ in range(self.concurrency)]
                    await asyncio.gather(*workers)
                    keeping.cancel()
                status = "stopped" if self._work_left() else "finished"
            except* GenopsError as errors:
                raise errors.exceptions[0] from None
            finally:
                await self._close(keeper, status)
        record = await asyncio.to_thread(project.store.evaluation, self.record.id)
        return Evaluation(record, self.progress, self.gate)

    def _work_left(self) -> bool:
        if self.gate is not None and self.gate.certain:
            return False
        return bool(self.progress.stopped or self.progress.missing)

    async def _close(self, keeper: Keeper, status: str) -> None:
        """Keeps every sample that is finished, and says how the evaluation stands."""
        await keeper.finish()
        verdict = self.gate.verdict().to_json() if self.gate is not None else {}
        change = self.plan.project.store.change_evaluation
        await asyncio.to_thread(change, self.record.id, status=status, ended=time.time_ns(), verdict=verdict)

    def _take_over(self) -> set[int]:
        """Numbers of the samples that need no more work; the gate is told of them."""
        done = set()
        for sample in self._stored():
            if not infrastructure_failed(sample):
                done.add(sample.number)
                if self.gate is not None:
                    self.gate.add(sample)
                if self._pairs is not None:
                    self._pairs.take_over(sample)
        self.progress.resumed = len(done)
        if done and self.gate is not None and not self.gate.certain:
            self._take_over_verdict()
        return done

    def _take_over_verdict(self) -> None:
        """Where the gate was certain although something was missing, nothing is made again."""
        whole = _gate_of(self.plan)
        for sample in self._stored():
            whole.add(sample)
        if whole.certain and whole.verdict().outcome != "undecided":
            self.gate = whole

    def _stored(self) -> Iterator[SampleRecord]:
        return self.plan.project.store.samples(self.record.id)

    def _jobs(self, done: set[int]) -> Iterator[Job]:
        for unit in range(len(self.plan.units)):
            yield from (job for job in self.plan.jobs(unit) if job.number not in done)

    async def _work(self, jobs: Iterator[Job], keeper: Keeper) -> None:
        """Makes one sample after another."""
        while not self._ended():
            job = next(jobs, None)
            if job is None:
                return
            if self.gate is not None:
                await self._turn(job)
                if self._ended():
                    return
            sample = await self._sample(job)
            self.progress.add(sample)
            await keeper.keep(sample)
            if self.gate is not None:
                self.gate.add(sample)
                self._room.set()
            if self.on_progress is not None:
                self.on_progress(self.progress)

    def _ended(self) -> bool:
        progress = self.progress
        if not progress.stopped:
            progress.stopped = progress.over(self.plan.suite.budget)
        return bool(progress.stopped) or (self.gate is not None and self.gate.certain)

    async def _turn(self, job: Job) -> None:
        """Waits until a job is near enough to what the gate has seen: what runs far ahead may be run in vain."""
        assert self.gate is not None
        while self.gate.ahead(job) > max(_FIRST_UNITS, self.gate.seen // 4) and not self._ended():
            self._room.clear()
            await self._room.wait()

    async def _sample(self, job: Job) -> SampleRecord:
        case = self.plan.dataset[job.case_number]
        made = _Made()
        started = time.perf_counter()
        try:
            output = await self._asked(case, job, made)
        except Exception as error:  # a bug in the code of one case's tools is no reason to lose the others
            return self._failed(case, job, made.run, error, time.perf_counter() - started)
        record = made.run
        assert record is not None
        sample = Sample(case, job.variant.name, job.repeat, output, record)
        scoring = Scoring(sample, self.plan.project, self.plan.questions, made.spans)
        scores = await score_sample(self.plan.uses(case), self.plan.suite.of, scoring)
        if self.plan.suite.weighted and (whole := overall(scores, self.plan.uses(case))) is not None:
            scores[OVERALL] = whole
        pairs = await self._pairs.judge(job, scoring) if self._pairs is not None else []
        judged = scoring.judged
        return SampleRecord(
            number=job.number,
            case=case.id,
            case_number=job.case_number,
            variant=job.variant.name,
            repeat=job.repeat,
            status="ok",
            run=record.id,
            output=record.output,
            seconds=sample.seconds,
            cost=record.cost,
            input_tokens=record.input_tokens,
            output_tokens=record.output_tokens,
            scores=scores,
            judged={name: getattr(judged, name) for name in judged.__slots__} if judged.calls else {},
            pairs=pairs,
            reused=any(_reused(span) for span in made.spans),
        )

    async def _asked(self, case: Case, job: Job, made: _Made) -> Value:
        suite = self.plan.suite
        options = RunOptions(
            mode="eval",
            reference=job.variant.reference,
            tags=(f"eval:{self.record.id[:12]}",),
            use_cache=self.use_cache,
            memo=self._memo,
            repeat=job.repeat,
            on_finish=made.keep,
        )
        limit = asyncio.timeout(suite.timeout)
        try:
            async with limit:
                output: Value = (await run_chain(self.plan.project, job.variant.closure, case.inputs, options)).output
                return output
        except TimeoutError:
            if not limit.expired():
                raise
            raise StepTimeout(
                f"the case was not done within {suite.timeout:g} s", hint="raise the suite's `timeout`"
            ) from None

    def _failed(self, case: Case, job: Job, record: RunRecord | None, error: Exception, seconds: float) -> SampleRecord:
        session = self.plan.project.redactor.session()
        described = session.value(describe(error))
        return SampleRecord(
            number=job.number,
            case=case.id,
            case_number=job.case_number,
            variant=job.variant.name,
            repeat=job.repeat,
            status="error",
            run=record.id if record is not None else "",
            error=described if isinstance(described, dict) else {},
            seconds=seconds,
            cost=record.cost if record is not None else 0.0,
            input_tokens=record.input_tokens if record is not None else 0,
            output_tokens=record.output_tokens if record is not None else 0,
        )


def _reused(span: SpanRecord) -> bool:
    """Whether the memo or the response cache answered."""
    return bool(span.attributes.get("genops.memo.hit") or span.attributes.get(RESPONSE_CACHED))


@contextmanager
def _rare_collections() -> Iterator[None]:
    """Looks for garbage less often: a hundred samples under way are alive, and looked through in vain they cost 10%."""
    often = gc.get_threshold()
    gc.set_threshold(max(_ALLOCATIONS, often[0]) if often[0] else 0, *often[1:])
    try:
        yield
    finally:
        gc.set_threshold(*often)


@contextmanager
def _alone(data_dir: Path, record: EvalRecord) -> Iterator[None]:
    """Keeps other processes of this machine from working at the same evaluation.

    Raises:
        Unfinished: One is at it.
    """
    path = data_dir / f"evaluation-{record.id}.lock"
    data_dir.mkdir(parents=True, exist_ok=True)
    held = try_lock(path)
    if held is None:
        raise Unfinished(
            f"the evaluation {record.id[:12]} of {record.suite!r} is under way in another process",
            hint="wait for that, or start one of its own: without --resume, or with --gate --fresh",
        )
    try:
        yield
    finally:
        path.unlink(missing_ok=True)
        os.close(held)


@dataclass(slots=True)
class _Made:
    """What a run leaves behind, however it ends."""

    run: RunRecord | None = None
    spans: list[SpanRecord] = field(default_factory=list)

    def keep(self, run: RunRecord, spans: list[SpanRecord], _payload: object) -> None:
        self.run, self.spans = run, spans


def _gate_of(plan: Plan) -> GateProcess:
    from genops.evals.gate import GateProcess  # its mathematics take a while to load

    return GateProcess.of(plan)


def open_evaluation(plan: Plan, name: str = "", about: dict[str, Any] | None = None) -> EvalRecord:
    """Opens the record of a new evaluation of a plan."""
    body = {"manifest": plan.manifest, "seed": plan.seed, "about": about or {}}
    record = EvalRecord(new_id(128), plan.suite.name, name, plan.digest, body, time.time_ns())
    plan.project.store.open_evaluation(record)
    return record


def unfinished_evaluation(plan: Plan) -> EvalRecord:
    """The newest evaluation of the same plan that has work left.

    Raises:
        Unfinished: There is none; the message says what has changed since the last one.
    """
    store = plan.project.store
    found = store.evaluations(manifest=plan.digest, limit=1)
    if found:
        return found[0]
    last = store.evaluations(suite=plan.suite.name, limit=1)
    if not last:
        raise Unfinished(f"there is nothing to resume: the suite {plan.suite.name!r} was never run")
    changed = ", ".join(changes(last[0].body["manifest"], plan.manifest)) or "the suite"
    raise Unfinished(
        f"the last evaluation of {plan.suite.name!r} cannot be resumed: {changed} changed since",
        hint="run it without --resume: what has not changed is taken from the memo",
    )


def changes(before: dict[str, Any], now: dict[str, Any]) -> list[str]:
    """What of a manifest is not what it was, in words."""
    found = [f"`{key}`" for key in ("cases", "repeat", "of", "pairwise", "gate") if before.get(key) != now[key]]
    if before.get("dataset") != now["dataset"]:
        found.insert(0, "the dataset")
    for key, what in (("variants", "the variant"), ("scorers", "the scorer")):
        old = {entry["name"]: entry for entry in before.get(key, [])}
        new = {entry["name"]: entry for entry in now[key]}
        found += [f"{what} {name!r}" for name in {**old, **new} if old.get(name) != new.get(name)]
    if before.get("own_scorers") != now["own_scorers"]:
        found.append("what the cases' own scorers are made of")
    return found
