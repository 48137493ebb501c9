"""Running the robustness part of a campaign: each case unchanged, unchanged again, and changed."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import Any

from genops.errors import GenopsError, ReferenceNotFound
from genops.evals.case import Case
from genops.fuzz.attack import Mutation
from genops.fuzz.robustness.answer import Answer, first_changed
from genops.fuzz.robustness.plan import RobustnessPlan
from genops.fuzz.robustness.rearranged import Rearranging
from genops.fuzz.robustness.relation import PassageRelation, Relation, TextRelation
from genops.fuzz.runner.progress import FuzzProgress
from genops.models.loop_thread import on_loop
from genops.store.records import CampaignRecord, TryRecord
from genops.tracing.recorder import describe, new_id
from genops.tracing.trace import Trace

UNCHANGED = "unchanged"


@dataclass
class RobustnessRunner:
    """Makes the tries of a plan.

    Args:
        plan: What there is to do.
        record: Of the campaign, as it is stored.
        first: Number of the first try: of a campaign that also attacks, how many tries its attacks are.
        on_progress: Told after each case.
    """

    plan: RobustnessPlan
    record: CampaignRecord
    first: int = 0
    on_progress: Callable[[FuzzProgress], None] | None = None
    progress: FuzzProgress = field(init=False)

    def __post_init__(self) -> None:
        self.progress = FuzzProgress(self.plan.size)
        self._made: dict[int, TryRecord] = {}
        self._slots = asyncio.Semaphore(self.plan.campaign.concurrency)

    async def run(self) -> FuzzProgress:
        """Makes what is missing, until all is done or the budget is used up.

        Raises:
            StoreError: Tries cannot be kept.
        """
        return await on_loop(self._run())

    async def _run(self) -> FuzzProgress:
        store, size, status = self.plan.project.store, self.plan.campaign.concurrency, "stopped"
        await asyncio.to_thread(self._take_over)
        try:
            for start in range(0, len(self.plan.numbers), size):
                if self._over():
                    break
                places = range(start, min(start + size, len(self.plan.numbers)))
                await asyncio.gather(*(self._case(place) for place in places))
            status = "stopped" if self.progress.stopped else "finished"
        finally:
            await asyncio.to_thread(store.change_campaign, self.record.id, status=status, ended=time.time_ns())
        return self.progress

    def _take_over(self) -> None:
        """What earlier sittings left; tries under which the infrastructure failed are made again."""
        tries = self.plan.project.store.tries(self.record.id)
        kept = [made for made in tries if made.phase == "robustness" and made.outcome != "infrastructure"]
        self._made = {made.number: made for made in kept}
        self.progress.outcomes.update(made.outcome for made in kept)

    async def _case(self, place: int) -> None:
        """Makes the tries of one case that are missing, and keeps them."""
        first = self.first + place * self.plan.width
        numbered = list(enumerate(self.plan.changes(), start=first + 1))
        missing = [(number, change) for number, change in numbered if number not in self._made]
        case = self.plan.dataset[self.plan.numbers[place]]
        records: list[TryRecord] = []
        before = await asyncio.to_thread(self._answered, first) if missing else None
        if before is None and (missing or first not in self._made):
            async with self._slots:
                before = await self.plan.asking.ask(case.inputs, UNCHANGED)
            outcome = _ended(before) or "asked"
            self._count(record := _record(first, UNCHANGED, case, "input", outcome, before))
            records.append(record)
        if before is not None and not before.infrastructure:
            made = await asyncio.gather(*(self._within(number, case, before, *change) for number, change in missing))
            records.extend(record for record in made if record is not None)
        await asyncio.to_thread(self.plan.project.store.add_tries, self.record.id, records)
        if self.on_progress is not None:
            self.on_progress(self.progress)

    def _count(self, record: TryRecord) -> None:
        """Adds a try to the progress, once however often it is made again."""
        self.progress.outcomes[record.outcome] += record.number not in self._made
        self.progress.cost += record.cost or 0.0
        self.progress.tokens += record.tokens

    async def _within(
        self, number: int, case: Case, before: Answer, relation: Relation | None, change: int
    ) -> TryRecord | None:
        """A try when it is its turn; None where the budget is used up by then."""
        async with self._slots:
            if self._over():
                return None
            record = await self._try(number, case, before, relation, change)
        self._count(record)
        return record

    def _answered(self, number: int) -> Answer | None:
        """The answer to the unchanged case of an earlier sitting, where its trace is still there."""
        made = self._made.get(number)
        if made is None or not made.run:
            return None
        self.plan.project.store.writer.flush(10.0)
        try:
            return Answer.stored(Trace.load(self.plan.project.store, made.run))
        except ReferenceNotFound:
            return None

    async def _try(self, number: int, case: Case, before: Answer, relation: Relation | None, change: int) -> TryRecord:
        """One answer to a case, compared with the one to the case as it is."""
        name = UNCHANGED if relation is None else relation.name
        surface = "passage" if isinstance(relation, PassageRelation) else "input"
        if before.error:
            return _unscored(number, name, case, surface, "the chain gives no answer to the unchanged case")
        inputs: dict[str, Any] = dict(case.inputs)
        mutations: tuple[Mutation, ...] = ()
        rearranging = None
        if isinstance(relation, PassageRelation):
            rearranging = Rearranging(relation, self.plan.seed(relation, case, change))
        elif isinstance(relation, TextRelation):
            try:
                inputs, mutations = await self.plan.changed(relation, case, change)
            except GenopsError as error:  # the attacker's model failed: nothing is known of the chain
                return _record(number, name, case, surface, "infrastructure", Answer(None, error=describe(error)))
            if not mutations:
                return _unscored(number, name, case, surface, "there is nothing to change")
        after = await self.plan.asking.ask(inputs, name, rearranging)
        if rearranging is not None and not rearranging.touched and not after.infrastructure:
            return _record(number, name, case, surface, "unscored", after, error="there is nothing to change")
        return await self._compared(number, name, case, surface, before, after, mutations)

    async def _compared(
        self,
        number: int,
        name: str,
        case: Case,
        surface: str,
        before: Answer,
        after: Answer,
        mutations: tuple[Mutation, ...],
    ) -> TryRecord:
        outcome = _ended(after)
        score: dict[str, Any] = {}
        if outcome is None:
            score = await self.plan.asking.score(case, before, after)
            outcome = _judged(score)
        if not after.infrastructure:
            step, prompt = await asyncio.to_thread(first_changed, before, after)
            score = {**score, "metadata": {**score.get("metadata", {}), "step": step, "prompt": prompt}}
        return _record(number, name, case, surface, outcome, after, mutations, {"same": score} if score else {})

    def _over(self) -> bool:
        """Whether the budget is used up."""
        progress, budget = self.progress, self.plan.campaign.budget
        if budget.usd is not None and progress.cost >= budget.usd:
            progress.stopped = f"the budget of ${budget.usd:g} is used up"
        elif budget.tokens is not None and progress.tokens >= budget.tokens:
            progress.stopped = f"the budget of {budget.tokens:,} tokens is used up"
        elif budget.seconds is not None and progress.seconds >= budget.seconds:
            progress.stopped = f"the budget of {budget.seconds:g} s is used up"
        return bool(progress.stopped)


def open_robustness(plan: RobustnessPlan) -> CampaignRecord:
    """Opens a record of its own for the robustness part of a campaign."""
    record = CampaignRecord(new_id(128), plan.campaign.name, plan.digest, {"manifest": plan.manifest}, time.time_ns())
    plan.project.store.open_campaign(record)
    return record


def _ended(answer: Answer) -> str | None:
    """What became of an ask that gave no answer."""
    if answer.infrastructure:
        return "infrastructure"
    return "crashed" if answer.error else None


def _judged(score: dict[str, Any]) -> str:
    """What a score says of an answer; a judge that is away says nothing, and is asked again."""
    passed = score.get("passed")
    if passed is None:
        return "infrastructure" if score.get("infrastructure") else "unscored"
    return "same" if passed else "changed"


def _unscored(number: int, relation: str, case: Case, surface: str, why: str) -> TryRecord:
    return _record(number, relation, case, surface, "unscored", Answer(None), error=why)


def _record(
    number: int,
    relation: str,
    case: Case,
    surface: str,
    outcome: str,
    answer: Answer,
    mutations: tuple[Mutation, ...] = (),
    scores: dict[str, Any] | None = None,
    error: str = "",
) -> TryRecord:
    run = answer.run
    return TryRecord(
        number=number,
        phase="robustness",
        objective=relation,
        seed=case.id,
        surface=surface,
        mutations=[asdict(mutation) for mutation in mutations],
        outcome=outcome,
        run="" if run is None else run.id,
        error={"message": error} if error else dict(answer.error),
        scores=scores or {},
        cost=0.0 if run is None else run.cost,
        tokens=0 if run is None else run.input_tokens + run.output_tokens,
    )
