"""Runs a plan: bounded concurrency and memory, every sample kept as it ends, resumable at any moment."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

from genops.artifacts import Value
from genops.errors import GenopsError, Unfinished
from genops.evals.outcome import infrastructure_failed, overall
from genops.evals.plan import Job, Plan
from genops.evals.rules import OVERALL
from genops.evals.runner.asking import Asked, Asking
from genops.evals.runner.keeper import Keeper
from genops.evals.runner.pairs import Pairs
from genops.evals.runner.progress import Progress, out_of_time
from genops.evals.runner.scoring import Scoring, score_sample
from genops.evals.runner.sitting import sitting
from genops.evals.sample import Sample
from genops.models.loop_thread import on_loop
from genops.store.records.evaluations import EvalRecord, SampleRecord
from genops.store.records.runs import SpanRecord
from genops.tracing.recorder import describe, new_id
from genops.tracing.telemetry import RESPONSE_CACHED

if TYPE_CHECKING:
    from genops.evals.suite_gate import SuiteGate

_ALONE = 10.0
"""Seconds, at most, in which the first run is alone."""
_HINT = "wait for that, or start one of its own: without --resume, or with --gate --fresh"


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
    gate: SuiteGate | None


@dataclass
class Runner:
    """Makes the samples of a plan.

    Args:
        plan: What is done.
        record: The evaluation that samples belong to; it is in the store.
        concurrency: Runs under way at once, at most.
        use_cache: Whether the response cache may answer model calls.
        memo: Whether results of earlier evaluations are used again.
        on_progress: Told of each sample once it is on disk.
    """

    plan: Plan
    record: EvalRecord
    concurrency: int
    use_cache: bool = False
    memo: bool = True
    on_progress: Callable[[Progress], None] | None = None
    progress: Progress = field(init=False)
    gate: SuiteGate | None = field(init=False)

    def __post_init__(self) -> None:
        plan = self.plan
        self.progress = Progress(plan.samples)
        self.gate = _gate_of(plan) if plan.suite.gate is not None else None
        self._pairs = Pairs(plan) if plan.suite.pairwise is not None else None
        memo = plan.project.memo() if self.memo else None
        self._asking = Asking(plan, f"eval:{self.record.id[:12]}", memo, self.use_cache)
        self._door = asyncio.Lock()
        self._held = False
        self._looked = asyncio.Event()
        self._asked = asyncio.Event()
        self._under_way = 0
        self._unseen: list[SampleRecord] = []

    async def run(self) -> Evaluation:
        """Makes what is missing, until all is done, the gate is certain, or the budget is used up.

        Raises:
            StoreError: Samples cannot be kept.
            UsageError: Something that is wrong with the suite came up late.
            Exception: What ``on_progress`` raised, as it is.
        """
        return await on_loop(self._run())

    async def _run(self) -> Evaluation:
        project = self.plan.project
        record = self.record
        with sitting(project.settings.data_dir, "evaluation", record.id, record.suite, _HINT):
            done = await asyncio.to_thread(self._take_over)
            keeper = Keeper(project.store.writer, partial(project.store.add_samples, record.id), self._kept)
            status = "stopped"
            try:
                async with asyncio.TaskGroup() as group:
                    keeping = group.create_task(keeper.run())
                    jobs = self._jobs(done)
                    workers = [group.create_task(self._work(jobs, keeper))]
                    await self._first(workers[0])
                    workers += [group.create_task(self._work(jobs, keeper)) for _ in range(1, self.concurrency)]
                    await self._worked(workers, keeper)
                    keeping.cancel()
                self._look()
                status = "stopped" if self._work_left() else "finished"
            except BaseExceptionGroup as errors:
                known = errors.subgroup(GenopsError) or errors
                raise known.exceptions[0] from None
            finally:
                await self._close(keeper, status)
        return Evaluation(await asyncio.to_thread(project.store.evaluation, record.id), self.progress, self.gate)

    async def _first(self, worker: asyncio.Task[None]) -> None:
        """Waits until the first run has called a model and searched, or is done: what it loads would count in all.

        Clients, embedders and indexes are loaded when something first asks for them, which takes up to seconds.
        """
        kinds = {part.kind for variant in self.plan.variants for part in variant.closure.components}
        events = {"model": self.plan.project.gateway.sending, "index": self.plan.project.searched}
        loading = [event for kind, event in events.items() if kind in kinds and not event.is_set()]
        if not loading:
            return
        waits = [asyncio.create_task(_all_set(loading)), asyncio.create_task(self._asked.wait())]
        try:
            limit = min(_ALONE, self.plan.suite.budget.seconds or _ALONE)
            await asyncio.wait((worker, *waits), timeout=limit, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()

    async def _worked(self, workers: Collection[asyncio.Task[None]], keeper: Keeper[SampleRecord]) -> None:
        """Waits for the workers, as long as the budget of time lasts: what is under way then is made another time."""
        budget, progress = self.plan.suite.budget, self.progress
        left = None if budget.seconds is None else max(0.0, budget.seconds - progress.seconds)
        _, late = await asyncio.wait(workers, timeout=left)
        for worker in late:
            worker.cancel()
        await keeper.finish()
        if late and progress.finished < progress.total:
            progress.stopped = progress.stopped or out_of_time(budget)

    def _work_left(self) -> bool:
        if self.gate is not None and self.gate.certain:
            return False
        return bool(self.progress.stopped or self.progress.missing)

    async def _close(self, keeper: Keeper[SampleRecord], status: str) -> None:
        """Keeps every sample that is finished, and says how the evaluation stands."""
        await keeper.finish()
        self._look()
        verdict = self.gate.verdict().to_json() if self.gate is not None else {}
        change = self.plan.project.store.change_evaluation
        await asyncio.to_thread(change, self.record.id, status=status, ended=time.time_ns(), verdict=verdict)
        await asyncio.to_thread(self.plan.project.store.writer.flush)  # the trace of every sample is there from now on

    def _take_over(self) -> set[int]:
        """Numbers of the samples that need no more work; the gate is told of them."""
        done = set()
        for sample in self._stored():
            if not infrastructure_failed(sample):
                done.add(sample.number)
                if self.gate is not None:
                    self.gate.add_samples(sample)
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
            whole.add_samples(sample)
        if whole.certain and whole.verdict().outcome != "undecided":
            self.gate = whole

    def _stored(self) -> Iterator[SampleRecord]:
        return self.plan.project.store.samples(self.record.id)

    def _jobs(self, done: set[int]) -> Iterator[Job]:
        for unit in range(len(self.plan.units)):
            for job in self.plan.jobs(unit):
                if job.number not in done:
                    yield job

    async def _work(self, jobs: Iterator[Job], keeper: Keeper[SampleRecord]) -> None:
        """Makes one sample after another."""
        while (job := await self._next(jobs)) is not None:
            self._under_way += 1
            sample = await self._sample(job)
            self._under_way -= 1
            self._asked.set()
            self.progress.spend(sample)
            if self.gate is not None:
                self._unseen.append(sample)  # before it may wait for the store: what is cancelled there is kept as well
            await keeper.keep(sample)
            if self.gate is not None and self._look_is_due:
                self._look()

    def _kept(self, sample: SampleRecord) -> None:
        """A sample is on disk, and with that it is finished."""
        self.progress.keep(sample)
        tell, self.on_progress = self.on_progress, None  # one that raises is told no more, and the rest is kept
        if tell is not None:
            tell(self.progress)
            self.on_progress = tell

    async def _next(self, jobs: Iterator[Job]) -> Job | None:
        """The next job, when it is its turn; None where there is no more to do."""
        if self.gate is None:
            return self._taken(jobs)
        async with self._door:
            job = self._taken(jobs)
            while job is not None and self.gate.ahead(job.case_number) > self.gate.reach:
                self._held = True
                if self._look_is_due:
                    self._look()
                else:
                    self._looked.clear()
                    await self._looked.wait()
                job = None if self._ended() else job
            self._held = False
            return job

    def _taken(self, jobs: Iterator[Job]) -> Job | None:
        """The next job; None at the end. A budget that is used up with the last one has stopped nothing."""
        job = next(jobs, None)
        return None if job is None or self._ended() else job

    @property
    def _look_is_due(self) -> bool:
        """Whether enough samples have ended: many are looked at for the price of a few, and little waits for that."""
        assert self.gate is not None
        return len(self._unseen) > (self._under_way if self._held else self.gate.reach) // 2

    def _look(self) -> None:
        """Shows the gate the samples that it has not seen."""
        if self.gate is not None:
            unseen, self._unseen = self._unseen, []
            self.gate.add_samples(*unseen)
            self._looked.set()

    def _ended(self) -> bool:
        progress = self.progress
        if not progress.stopped:
            progress.stopped = progress.over(self.plan.suite.budget)
        return bool(progress.stopped) or (self.gate is not None and self.gate.certain)

    async def _sample(self, job: Job) -> SampleRecord:
        asked = await self._asking.ask(job)
        self.progress.uncounted += not asked.counted
        record, case, suite = asked.run, asked.case, self.plan.suite
        if record is None or not asked.may_be_answer:
            return self._failed(asked, job)
        sample = Sample(case, job.variant.name, job.repeat, asked.output, record)
        scoring = Scoring(sample, self.plan.project, self.plan.questions, asked.spans)
        uses, of = asked.scored(self.plan.uses(case), suite.of)
        scores = await score_sample(uses, of, scoring)
        if not asked.is_answer(scores):
            return self._failed(asked, job)
        if self.plan.weighted and (whole := overall(scores, uses)) is not None:
            scores[OVERALL] = whole
        pairs = await self._pairs.judge(job, of, scoring) if self._pairs is not None else []
        judged = scoring.judged
        input_tokens, output_tokens = asked.tokens
        return SampleRecord(
            number=job.number,
            case=case.id,
            case_number=job.case_number,
            variant=job.variant.name,
            repeat=job.repeat,
            status="ok",
            run=record.id,
            error=self._described(asked),
            output=record.output,
            seconds=sample.seconds,
            cost=asked.cost,
            input_tokens=input_tokens,
            output_tokens=output_tokens,
            scores=scores,
            judged={name: getattr(judged, name) for name in judged.__slots__} if judged.calls else {},
            pairs=pairs,
            reused=any(map(_reused, asked.spans)),
        )

    def _failed(self, asked: Asked, job: Job) -> SampleRecord:
        input_tokens, output_tokens = asked.tokens
        return SampleRecord(
            number=job.number,
            case=asked.case.id,
            case_number=job.case_number,
            variant=job.variant.name,
            repeat=job.repeat,
            status="error",
            run=asked.run.id if asked.run is not None else "",
            error=self._described(asked),
            seconds=asked.seconds,
            cost=asked.cost,
            input_tokens=input_tokens,
            output_tokens=output_tokens,
        )

    def _described(self, asked: Asked) -> dict[str, Value] | None:
        """The failure of a run as it is stored, redacted."""
        if asked.error is None:
            return None
        described = self.plan.project.redactor.session().value(describe(asked.error))
        return described if isinstance(described, dict) else {}


def _reused(span: SpanRecord) -> bool:
    """Whether the memo or the response cache answered."""
    return bool(span.attributes.get("genops.memo.hit") or span.attributes.get(RESPONSE_CACHED))


def _gate_of(plan: Plan) -> SuiteGate:
    from genops.evals.suite_gate import SuiteGate  # its mathematics take a while to load

    return SuiteGate.of(plan)


def open_evaluation(
    plan: Plan, name: str = "", about: dict[str, Any] | None = None, *, join: bool = False
) -> EvalRecord:
    """Opens the record of a new evaluation of a plan.

    Args:
        plan: What is evaluated.
        name: What it is called.
        about: What is known of it beside the plan.
        join: Whether the newest evaluation of the same plan will do, where there is one.
    """
    body = {"manifest": plan.manifest, "seed": plan.seed, "weight": sum(plan.weights), "about": about or {}}
    record = EvalRecord(new_id(128), plan.suite.name, name, plan.digest, body, time.time_ns())
    if join:
        return plan.project.store.join_evaluation(record)
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


async def _all_set(events: Iterable[asyncio.Event]) -> None:
    for event in events:
        await event.wait()


def changes(before: dict[str, Any], now: dict[str, Any]) -> list[str]:
    """What of a manifest is not what it was, in words."""
    found = [f"`{key}`" for key in ("repeat", "of", "pairwise", "gate") if before.get(key) != now[key]]
    dataset = before.get("dataset", {})
    if any(dataset.get(key) != now["dataset"][key] for key in ("name", "digest")):
        found.insert(0, "the dataset")
    elif dataset != now["dataset"]:
        found.insert(0, "which cases are asked (`--sample`, `--split`, `--filter`, `--only-failed`)")
    for key, what in (("variants", "the variant"), ("scorers", "the scorer")):
        old = {entry["name"]: entry for entry in before.get(key, [])}
        new = {entry["name"]: entry for entry in now[key]}
        found += [f"{what} {name!r}" for name in {**old, **new} if old.get(name) != new.get(name)]
    if before.get("own_scorers") != now["own_scorers"]:
        found.append("what the cases' own scorers are made of")
    return found
