"""Running a campaign: the sweep that rates come of, the search that finds, and the shortest form of what it found."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, field
from random import Random
from typing import Literal, TypeAlias, TypeVar

from genops.errors import GenopsError, Unfinished
from genops.fuzz.attack import Attack, Mutation
from genops.fuzz.objective import Seed
from genops.fuzz.runner.findings import finding_of, is_known
from genops.fuzz.runner.plan import CampaignPlan
from genops.fuzz.runner.session import sessions
from genops.fuzz.runner.trying import Arena, Try
from genops.fuzz.search import Plan, Search, closeness
from genops.fuzz.strategies import AttackerRefused, AttackerUnusable
from genops.models.loop_thread import on_loop
from genops.store.records import CampaignRecord, FindingRecord, TryRecord
from genops.tracing.recorder import describe, new_id

T = TypeVar("T")
Phase: TypeAlias = Literal["sweep", "search", "strategy"]
_STOPPED = frozenset({AttackerRefused.__name__, AttackerUnusable.__name__})
_REFUSED = AttackerRefused.__name__
_FINDINGS = 20
"""Findings of one objective at most: what breaks everywhere needs no longer list."""


@dataclass(slots=True)
class FuzzProgress:
    """How far a campaign has come, and what it has used.

    Attributes:
        total: Tries that a whole campaign makes, at most.
        outcomes: Tries by what became of them, those of earlier sittings included.
        findings: So far.
        refused: Branches of strategies that ended as the attacker refused.
        cost: US dollars of this sitting's tries and attacker, where prices are known.
        tokens: Of this sitting's tries and attacker.
        stopped: Why it ended before its last try; empty when it did not.
    """

    total: int
    outcomes: Counter[str] = field(default_factory=Counter)
    findings: int = 0
    refused: int = 0
    cost: float = 0.0
    tokens: int = 0
    stopped: str = ""
    started: float = field(default_factory=time.monotonic)

    @property
    def done(self) -> int:
        """Tries that were made."""
        return sum(self.outcomes.values())

    @property
    def seconds(self) -> float:
        """Since the start of this sitting."""
        return time.monotonic() - self.started


@dataclass
class CampaignRunner:
    """Makes the tries of a plan.

    Args:
        plan: What there is to do.
        record: Of the campaign, as it is stored.
        on_progress: Told after each group of tries.
    """

    plan: CampaignPlan
    record: CampaignRecord
    on_progress: Callable[[FuzzProgress], None] | None = None
    progress: FuzzProgress = field(init=False)

    def __post_init__(self) -> None:
        self.progress = FuzzProgress(self.plan.size)
        self._made: dict[int, TryRecord] = {}
        self._findings: list[FindingRecord] = []
        attacker = self.plan.attacker
        self._billed = (attacker.cost, attacker.tokens) if attacker is not None else (0.0, 0)

    async def run(self) -> FuzzProgress:
        """Makes what is missing, until all is done or the budget is used up.

        Raises:
            StoreError: Tries cannot be kept.
        """
        return await on_loop(self._run())

    async def _run(self) -> FuzzProgress:
        store = self.plan.project.store
        await asyncio.to_thread(self._take_over)
        status = "stopped"
        try:
            tries = self.plan.campaign.tries
            for number, arena in enumerate(self.plan.arenas):
                first = number * self.plan.each
                await arena.warm()
                await self._sweep(arena, first)
                await self._search(arena, first + tries.sweep)
                await self._lead(arena, first + tries.sweep + tries.search)
            status = "stopped" if self.progress.stopped else "finished"
        finally:
            await asyncio.to_thread(store.change_campaign, self.record.id, status=status, ended=time.time_ns())
        return self.progress

    def _take_over(self) -> None:
        """What earlier sittings left; tries under which the infrastructure failed are made again."""
        store = self.plan.project.store
        self._made = {made.number: made for made in store.tries(self.record.id) if not _again(made)}
        self._findings = list(store.findings(self.record.id))
        self.progress.outcomes.update(made.outcome for made in self._made.values())
        self.progress.refused = sum(made.error.get("type") == _REFUSED for made in self._made.values())
        self.progress.findings = len(self._findings)

    async def _sweep(self, arena: Arena, first: int) -> None:
        """Seeds and mutators drawn without a look at what came of any."""
        campaign = self.plan.campaign
        seeds = arena.seeds(campaign.seed)
        rng = Random(f"sweep {arena.objective.name} {campaign.seed}")
        drawn = [(first + number, self._drawn(seeds, number, rng)) for number in range(campaign.tries.sweep)]
        missing = [(number, plan) for number, plan in drawn if number not in self._made]
        for group in _groups(missing, campaign.concurrency):
            if self._over():
                return
            await self._try(arena, group, "sweep")

    def _drawn(self, seeds: Sequence[Seed], number: int, rng: Random) -> Plan:
        """A seed in its turn, bare or under one mutation."""
        mutations = [choice.draw(rng) for choice in self.plan.choices]
        place = rng.randrange(len(mutations) + 1)
        chain: tuple[Mutation, ...] = (mutations[place],) if place < len(mutations) else ()
        return Plan("", seeds[number % len(seeds)], chain)

    async def _search(self, arena: Arena, first: int) -> None:
        """What the search proposes, group by group."""
        campaign = self.plan.campaign
        seeds = {seed.id: seed for seed in arena.seeds(campaign.seed)}
        starts = [(arena.objective.name, seed) for seed in seeds.values()]
        search = Search(starts, self.plan.choices, campaign.depth, campaign.seed)
        numbers = range(first, first + campaign.tries.search)
        for number in numbers:
            if number in self._made:
                _observe(search, self._made[number], seeds)
        missing = [number for number in numbers if number not in self._made]
        for group in _groups(missing, campaign.concurrency):
            plans = search.propose(len(group))
            if self._over() or not plans:
                return
            for made in await self._try(arena, list(zip(group, plans, strict=False)), "search"):
                if made.outcome != "infrastructure":
                    _observe(search, made, seeds)

    async def _lead(self, arena: Arena, first: int) -> None:
        """What strategies lead the attacker to. A session is kept whole or not at all, and then it is made again."""
        campaign, attacker = self.plan.campaign, self.plan.attacker
        if attacker is None:
            return
        left = list(sessions(campaign.strategies, arena.seeds(campaign.seed), first, campaign.tries.strategy))
        missing = [item for item in left if item.first not in self._made]
        for group in _groups(missing, campaign.concurrency):
            if self._over():
                return
            made = await asyncio.gather(*(item.run(arena, attacker, campaign.seed) for item in group))
            for item, tried in zip(group, made, strict=True):
                await self._keep(arena, list(enumerate(tried, item.first)), "strategy")

    async def _try(self, arena: Arena, group: Sequence[tuple[int, Plan]], phase: Phase) -> list[TryRecord]:
        """Makes tries side by side and keeps them."""
        tried = await asyncio.gather(*(self._one(arena, plan) for _, plan in group))
        return await self._keep(
            arena, [(number, found) for (number, _), found in zip(group, tried, strict=True)], phase
        )

    async def _keep(self, arena: Arena, tried: Sequence[tuple[int, Try]], phase: Phase) -> list[TryRecord]:
        """Keeps tries with their numbers, and the findings among them."""
        records = [_record(number, phase, found) for number, found in tried]
        await asyncio.to_thread(self.plan.project.store.add_tries, self.record.id, records)
        for record, (_, found) in zip(records, tried, strict=True):
            self.progress.outcomes[record.outcome] += 1
            self.progress.refused += record.error.get("type") == _REFUSED
            self.progress.cost += record.cost or 0.0
            self.progress.tokens += record.tokens
            if found.outcome == "breach":
                await self._find(arena, record.number, found)
        self._bill()
        if self.on_progress is not None:
            self.on_progress(self.progress)
        return records

    async def _one(self, arena: Arena, plan: Plan) -> Try:
        attack = Attack(arena.objective.name, plan.seed, plan.mutations, "")
        try:
            text = await self.plan.text(plan.seed, plan.mutations)
        except GenopsError as error:  # the attacker's model failed: nothing is known of the target
            return Try(attack, "infrastructure", error=describe(error))
        return await arena.attempt(Attack(arena.objective.name, plan.seed, plan.mutations, text))

    async def _find(self, arena: Arena, number: int, found: Try) -> None:
        """Shortens a breach that no finding tells of yet."""
        mine = [finding for finding in self._findings if finding.objective == arena.objective.name]
        if len(mine) >= _FINDINGS or is_known(found, mine):
            return
        finding = await finding_of(self.plan, arena, number, found)
        self._findings.append(finding)
        self.progress.findings += 1
        await asyncio.to_thread(self.plan.project.store.add_findings, self.record.id, [finding])

    def _bill(self) -> None:
        """Adds what the attacker used since the last time."""
        attacker = self.plan.attacker
        if attacker is None:
            return
        cost, tokens = self._billed
        self._billed = attacker.cost, attacker.tokens
        self.progress.cost += attacker.cost - cost
        self.progress.tokens += attacker.tokens - tokens

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


def open_campaign(plan: CampaignPlan) -> CampaignRecord:
    """Opens the record of a new campaign."""
    body = {"manifest": plan.manifest, "definition": plan.campaign.file.data}
    record = CampaignRecord(new_id(128), plan.campaign.name, plan.digest, body, time.time_ns())
    plan.project.store.open_campaign(record)
    return record


def unfinished_campaign(plan: CampaignPlan) -> CampaignRecord:
    """The newest campaign of the same plan.

    Raises:
        Unfinished: There is none.
    """
    found = plan.project.store.campaigns(manifest=plan.digest, limit=1)
    if found:
        return found[0]
    known = plan.project.store.campaigns(plan.campaign.name, limit=1)
    why = "something that its tries follow from changed since" if known else "it was never run"
    raise Unfinished(f"there is nothing to resume of the campaign {plan.campaign.name!r}: {why}")


def _again(made: TryRecord) -> bool:
    """Whether the infrastructure failed under a try; an attacker that stopped is none of its failures."""
    return made.outcome == "infrastructure" and made.error.get("type") not in _STOPPED


def _record(number: int, phase: Phase, found: Try) -> TryRecord:
    return TryRecord(
        number=number,
        phase=phase,
        objective=found.attack.objective,
        seed=found.attack.seed.id,
        surface=found.attack.seed.surface,
        mutations=[asdict(mutation) for mutation in found.attack.mutations],
        outcome=found.outcome,
        run=found.run,
        error=dict(found.error),
        scores={name: dict(score) for name, score in found.scores.items()},
        features=sorted(found.features),
        cost=found.cost,
        tokens=found.tokens,
    )


def _observe(search: Search, made: TryRecord, seeds: dict[str, Seed]) -> None:
    mutations = tuple(Mutation(**mutation) for mutation in made.mutations)
    plan = Plan(made.objective, seeds[made.seed], mutations)
    search.observe(plan, made.features, closeness(made.scores), made.outcome == "breach")


def _groups(items: Sequence[T], size: int) -> Iterable[Sequence[T]]:
    return (items[start : start + size] for start in range(0, len(items), size))
