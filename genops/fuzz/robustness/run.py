"""The tries of a robustness part: each case as it is, as it is once more, and changed."""

from __future__ import annotations

import asyncio
from collections.abc import Container, Iterator
from dataclasses import asdict, dataclass
from typing import Any

from genops.errors import GenopsError, ReferenceNotFound
from genops.evals.case import Case
from genops.evals.runner.scoring import Judged
from genops.fuzz.attack import Mutation
from genops.fuzz.robustness.answer import Answer, first_changed
from genops.fuzz.robustness.plan import Form, RobustnessPlan
from genops.fuzz.robustness.relation import SOURCE
from genops.store.records.campaigns import TryRecord
from genops.tracing.recorder import describe
from genops.tracing.trace import Trace


@dataclass(frozen=True)
class Item:
    """A try that is to be made.

    Attributes:
        number: Of it.
        case: That is asked.
        form: In which form.
        source: The answer to the case as it is, from the moment that there is one.
    """

    number: int
    case: Case
    form: Form
    source: asyncio.Future[Answer]


@dataclass(frozen=True)
class RobustnessTries:
    """Makes the tries of a plan.

    Attributes:
        plan: What there is to do.
        campaign: Id of the campaign, as it is stored.
        first: Number of the first try: how many tries the attacks before are.
        done: Numbers of tries that need not be made.
    """

    plan: RobustnessPlan
    campaign: str
    first: int
    done: Container[int]

    def items(self) -> Iterator[Item]:
        """What is missing, case by case; that of a case as it is comes first, and again where it was made before."""
        forms = self.plan.forms
        for place, row in enumerate(self.plan.numbers):
            start = self.first + place * len(forms)
            if all(number in self.done for number in range(start, start + len(forms))):
                continue
            case, source = self.plan.case(row), asyncio.get_running_loop().create_future()
            for number, form in enumerate(forms, start):
                if form.name == SOURCE or number not in self.done:
                    yield Item(number, case, form, source)

    async def make(self, item: Item) -> TryRecord | None:
        """Makes a try; waits for that of the case as it is, which must be under way.

        Returns:
            The try; None where there is nothing to keep: it is kept already, or nothing can be compared with it.

        Raises:
            StoreError: A run cannot be kept.
        """
        if item.form.name == SOURCE:
            return await self._source(item)
        before = await item.source
        return None if before.infrastructure else await self._changed(item, before)

    async def _source(self, item: Item) -> TryRecord | None:
        answer = await asyncio.to_thread(self._answered, item.number) if item.number in self.done else None
        record = None
        if answer is None:
            answer = await self.plan.asking.ask(item.case.inputs, SOURCE)
            record = _record(item, _ended(answer) or "asked", answer)
        item.source.set_result(answer)
        return record

    def _answered(self, number: int) -> Answer | None:
        """The answer of an earlier sitting; None where its trace is gone."""
        store = self.plan.asking.project.store
        made = next(store.tries(self.campaign, range(number, number + 1)), None)
        if made is None or not made.run:
            return None
        try:
            return Answer.stored(Trace.load(store, made.run))
        except ReferenceNotFound:
            return None

    async def _changed(self, item: Item, before: Answer) -> TryRecord:
        """One answer to a case, compared with the one to the case as it is."""
        if before.error:
            return _record(item, "unscored", error="the chain gives no answer to the unchanged case")
        try:
            inputs, mutations = await self.plan.changed(item.form, item.case)
        except GenopsError as error:  # the attacker's model failed: nothing is known of the chain
            return _record(item, "infrastructure", Answer(None, error=describe(error)))
        rearranging = self.plan.rearranging(item.form, item.case)
        if item.form.relation is not None and not mutations and rearranging is None:
            return _record(item, "skipped", error="there is nothing to change")
        after = await self.plan.asking.ask(inputs, item.form.name, rearranging)
        if rearranging is not None and not rearranging.touched and not after.infrastructure:
            return _record(item, "skipped", after, error="there is nothing to change")
        return await self._compared(item, before, after, mutations)

    async def _compared(self, item: Item, before: Answer, after: Answer, mutations: tuple[Mutation, ...]) -> TryRecord:
        outcome, judged = _ended(after), Judged()
        score: dict[str, Any] = {}
        if outcome is None:
            score, judged = await self.plan.asking.score(item.case, before, after)
            outcome = _judged(score)
        if not after.infrastructure:
            step, prompt = await asyncio.to_thread(first_changed, before, after)
            about: dict[str, Any] = {"step": step, "prompt": prompt}
            if outcome in ("changed", "crashed"):
                about["answers"] = [self.plan.asking.shown(item.case, answer) for answer in (before, after)]
            score = {**score, "metadata": {**score.get("metadata", {}), **about}}
        return _record(item, outcome, after, mutations, {"same": score} if score else {}, judged=judged)


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


def _record(
    item: Item,
    outcome: str,
    answer: Answer | None = None,
    mutations: tuple[Mutation, ...] = (),
    scores: dict[str, Any] | None = None,
    error: str = "",
    judged: Judged | None = None,
) -> TryRecord:
    answer = answer or Answer(None)
    run = answer.run
    cost, tokens = (0.0, 0) if run is None else (judged or Judged()).beside(run)
    return TryRecord(
        number=item.number,
        phase="robustness",
        objective=item.form.name,
        seed=item.case.id,
        surface=item.form.surface,
        mutations=[asdict(mutation) for mutation in mutations],
        outcome=outcome,
        run="" if run is None else run.id,
        error={"message": error} if error else dict(answer.error),
        scores=scores or {},
        cost=cost,
        tokens=tokens,
    )
