"""Running a campaign: the sweep that rates come of, what finds breaches and their shortest forms, and robustness."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from itertools import islice

from genops.errors import GenopsError
from genops.evals.runner.keeper import Keeper
from genops.evals.runner.sitting import sitting
from genops.fuzz.mutator import lending
from genops.fuzz.robustness.run import Item, RobustnessTries
from genops.fuzz.runner.arena import Arena
from genops.fuzz.runner.findings import finding_of, is_cut_off, is_known
from genops.fuzz.runner.kept import record_of
from genops.fuzz.runner.plan import CampaignPlan
from genops.fuzz.runner.progress import FuzzProgress
from genops.fuzz.runner.searching import search
from genops.fuzz.runner.session import Planned, sessions
from genops.fuzz.runner.sitting import Sitting
from genops.fuzz.runner.sweep import sweep
from genops.models.loop_thread import on_loop
from genops.store.records.campaigns import CampaignRecord, FindingRecord

_FINDINGS = 20
"""Findings of one objective at most: what breaks everywhere needs no longer list."""
_HINT = "wait for that, or start one of its own: without --resume"


@dataclass
class CampaignRunner:
    """Makes the tries of a plan.

    Every try is kept as it ends. Findings are made after each phase, of the breaches that are kept and that none tells
    of: so it does not matter in which sitting a breach came.

    Args:
        plan: What there is to do.
        record: Of the campaign, as it is stored.
        on_progress: Told of each try once it is on disk.
    """

    plan: CampaignPlan
    record: CampaignRecord
    on_progress: Callable[[FuzzProgress], None] | None = None

    def __post_init__(self) -> None:
        self._sitting = Sitting(self.plan, self.record, self.on_progress)
        store = self.plan.project.store
        self._shelf: Keeper[FindingRecord] = Keeper(store.writer, partial(store.add_findings, self.record.id))
        self._findings: list[FindingRecord] = []

    @property
    def progress(self) -> FuzzProgress:
        """How far the campaign has come."""
        return self._sitting.progress

    async def run(self) -> FuzzProgress:
        """Makes what is missing, until all is done or no more may be.

        Raises:
            StoreError: Tries cannot be kept.
            Unfinished: Another process is at this campaign.
        """
        return await on_loop(self._run())

    async def _run(self) -> FuzzProgress:
        record, workers = self.record, self._sitting.workers
        folder = self.plan.project.settings.data_dir
        with sitting(folder, "campaign", record.id, record.campaign, _HINT), lending(self.plan.borrowed.mutators):
            await asyncio.to_thread(self._take_over)
            status = "stopped"
            try:
                async with workers:
                    keeping = workers.create_task(self._sitting.tries.run())
                    for number, arena in enumerate(self.plan.arenas):
                        await self._attack(arena, number * self.plan.each)
                    await self._vary()
                    keeping.cancel()
                status = "stopped" if self.progress.stopped else "finished"
            except* GenopsError as errors:
                raise errors.exceptions[0] from None
            finally:
                await self._close(status)
        return self.progress

    async def _close(self, status: str) -> None:
        """Keeps all that is made, and says how the campaign stands."""
        self._sitting.bill()
        await self._sitting.tries.finish()
        await self._shelf.finish()
        store, gate = self.plan.project.store, self._sitting.gate
        verdict = gate.verdict().to_json() if gate is not None else {}
        change = partial(store.change_campaign, self.record.id, status=status, ended=time.time_ns(), verdict=verdict)
        await asyncio.to_thread(change)
        await asyncio.to_thread(store.writer.flush)  # the trace of every try is there from now on

    def _take_over(self) -> None:
        """What earlier sittings left."""
        self._sitting.take_over()
        self._findings = list(self.plan.project.store.findings(self.record.id))
        self.progress.findings = len(self._findings)

    async def _attack(self, arena: Arena, first: int) -> None:
        """All tries for one objective, and what they found."""
        if not self._sitting.done.issuperset(range(first, first + self.plan.each)) and not self._sitting.over():
            arenas = (arena, *(theirs for _, theirs in self.plan.beside(arena)))
            await asyncio.gather(*(one.warm(self.progress.spend) for one in arenas))
        tries = self.plan.campaign.tries
        for phase, count in ((sweep, tries.sweep), (search, tries.search), (self._lead, self.plan.strategy)):
            await phase(self._sitting, arena, first)
            await self._settle(arena, range(first, first + count))
            first += count

    async def _lead(self, at: Sitting, arena: Arena, first: int) -> None:
        """What strategies lead the attacker to. A session is kept whole or not at all, and then it is made again."""
        campaign, attacker = self.plan.campaign, self.plan.attacker
        if attacker is None:
            return

        async def make(session: Planned) -> None:
            tried = await session.run(arena, attacker, campaign.seed, self.progress.spend)
            await at.keep(*(record_of(number, "strategy", found) for number, found in enumerate(tried, session.first)))

        count, dealt = len(arena.seeds(campaign.seed)), arena.seeds.dealt(campaign.seed, "strategy")
        planned = sessions(campaign.strategies, list(islice(dealt, count)), first, campaign.tries.strategy)
        await at.side_by_side((session for session in planned if session.first not in at.done), make)

    async def _vary(self) -> None:
        """Cases in forms that keep their meaning."""
        if self.plan.robustness is None:
            return
        tries = RobustnessTries(self.plan.robustness, self.record.id, self.plan.attacks, self._sitting.done)

        async def make(item: Item) -> None:
            made = await tries.make(item)
            if made is not None:
                await self._sitting.keep(made)

        await self._sitting.side_by_side(tries.items(), make)

    async def _settle(self, arena: Arena, numbers: range) -> None:
        """Makes a finding of each kept breach that none tells of, in the order of their numbers."""
        at, seed = self._sitting, self.plan.campaign.seed
        await at.tries.finish()
        if not self.progress.outcomes["breach"]:
            return
        await self._reopen(numbers)
        mine = [finding for finding in self._findings if finding.objective == arena.objective.name]
        breaches = self.plan.project.store.tries(self.record.id, numbers, "breach")
        untold = (made for made in breaches if not is_known(made, mine))
        while len(mine) < _FINDINGS and (made := await asyncio.to_thread(next, untold, None)) is not None:
            began = arena.seeds.one(made.seed, seed, made.case, made.field)
            finding = await finding_of(arena, made, began, self.plan.attacker, at.over, self.progress.spend)
            await self._shelf.keep(finding)
            await self._shelf.finish()
            mine.append(finding)
            self._findings.append(finding)
            self.progress.findings += 1
            at.tell()

    async def _reopen(self, numbers: range) -> None:
        """Forgets findings that an earlier sitting had no budget to shorten: they are made again."""
        cut_off = [one.number for one in self._findings if one.number in numbers and is_cut_off(one)]
        if cut_off and not self._sitting.over():
            await asyncio.to_thread(self.plan.project.store.drop_findings, self.record.id, cut_off)
            self._findings = [finding for finding in self._findings if finding.number not in cut_off]
            self.progress.findings = len(self._findings)
