"""One sitting at a campaign: what it has made and used, and what its phases make their tries with."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import TypeVar

from genops.errors import DefinitionError, GenopsError
from genops.evals.runner.keeper import Keeper
from genops.fuzz.attack import Attack
from genops.fuzz.runner.arena import Arena
from genops.fuzz.runner.gate import CampaignGate
from genops.fuzz.runner.kept import counted_as, is_missing, is_refused
from genops.fuzz.runner.plan import CampaignPlan
from genops.fuzz.runner.progress import FuzzProgress
from genops.fuzz.runner.trying import Try
from genops.fuzz.search import Plan
from genops.store.records.campaigns import CampaignRecord, TryRecord
from genops.tracing.recorder import describe

T = TypeVar("T")


@dataclass
class Sitting:
    """What the phases of a campaign share.

    Args:
        plan: What there is to do.
        record: Of the campaign, as it is stored.
        on_progress: Told of each try once it is on disk.

    Attributes:
        progress: How far the campaign has come.
        gate: Its gate; None where it has none.
        tries: Puts tries on disk.
        done: Numbers of tries that need not be made any more.
        workers: Under which everything is made: what fails in one ends all.
    """

    plan: CampaignPlan
    record: CampaignRecord
    on_progress: Callable[[FuzzProgress], None] | None = None
    progress: FuzzProgress = field(init=False)
    gate: CampaignGate | None = field(init=False)
    tries: Keeper[TryRecord] = field(init=False)
    done: set[int] = field(default_factory=set)
    workers: asyncio.TaskGroup = field(default_factory=asyncio.TaskGroup)

    def __post_init__(self) -> None:
        attacker = self.plan.attacker
        self.progress = FuzzProgress.after(self.plan.spent, self.plan.size)
        self.gate = CampaignGate.of(self.plan)
        store = self.plan.project.store
        self.tries = Keeper(store.writer, partial(store.add_tries, self.record.id), self._kept)
        self._uncounted: set[int] = set()
        self._billed = (attacker.cost, attacker.tokens) if attacker is not None else (0.0, 0)

    def take_over(self) -> None:
        """What earlier sittings left; tries under which the infrastructure failed are made again."""
        store = self.plan.project.store
        for made in store.tries(self.record.id):
            if not is_missing(made):
                self.done.add(made.number)
                self.progress.outcomes[counted_as(made)] += 1
                self.progress.refused += is_refused(made)
        if self.gate is not None:
            self.gate.take_over((made, is_missing(made)) for made in store.tries(self.record.id))
        self.progress.resumed = len(self.done)

    def kept(self, numbers: range) -> dict[int, TryRecord]:
        """Tries of earlier sittings that need not be made again, by their numbers."""
        tries = self.plan.project.store.tries(self.record.id, numbers)
        return {made.number: made for made in tries if made.number in self.done}

    async def tried(self, plan: Plan, *arenas: Arena) -> list[Try]:
        """An attack with the same text on copies of one or several chains.

        Raises:
            DefinitionError: A mutator breaks its contract.
            StoreError: A run cannot be kept.
        """
        name = arenas[0].objective.name
        try:
            text = await self.plan.text(plan.seed, plan.mutations)
        except DefinitionError:  # a mutator that breaks its contract will do so again
            raise
        except GenopsError as error:  # the attacker's model failed: nothing is known of the target
            unwritten = Attack(name, plan.seed, plan.mutations, "")
            return [Try(unwritten, "infrastructure", error=describe(error)) for _ in arenas]
        attack = Attack(name, plan.seed, plan.mutations, text)
        if len(arenas) == 1:  # a task costs a tenth of a run
            return [await arenas[0].attempt(attack)]
        return await asyncio.gather(*(arena.attempt(attack) for arena in arenas))

    async def keep(self, *records: TryRecord) -> None:
        """Keeps tries; one whose trace was lost replaces itself and counts no second time.

        Raises:
            StoreError: They cannot be kept.
        """
        for record in records:
            self._uncounted.add(record.number)
            self.progress.spend(record.cost, record.tokens)
            if self.gate is not None:
                self.gate.add(record)
        await self.tries.keep(*records)

    def _kept(self, record: TryRecord) -> None:
        """A try is on disk: it counts now, and once."""
        if record.number in self._uncounted:
            self._uncounted.discard(record.number)
            self.progress.outcomes[counted_as(record)] += record.number not in self.done
            self.progress.refused += is_refused(record)
            self.progress.missing += is_missing(record)
            self.tell()

    async def side_by_side(self, items: Iterator[T], make: Callable[[T], Awaitable[None]]) -> None:
        """Makes one item after another, several at once, until none is left or the budget is used up."""

        async def work() -> None:
            while (item := next(items, None)) is not None and not self.over():
                await make(item)

        tasks = [self.workers.create_task(work()) for _ in range(self.plan.campaign.concurrency)]
        await asyncio.gather(*tasks)

    def over(self) -> bool:
        """Whether no more tries may be made: the budget is used up, or there is another reason to stop."""
        self.bill()
        return self.progress.over(self.plan.campaign.budget)

    def bill(self) -> None:
        """Counts what the attacker used since the last time."""
        attacker = self.plan.attacker
        if attacker is not None:
            cost, tokens = self._billed
            self._billed = attacker.cost, attacker.tokens
            self.progress.spend(attacker.cost - cost, attacker.tokens - tokens)

    def tell(self) -> None:
        """Tells how far the campaign has come."""
        tell, self.on_progress = self.on_progress, None  # one that raises is told no more, and the rest is kept
        if tell is not None:
            tell(self.progress)
            self.on_progress = tell
