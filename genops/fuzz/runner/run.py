"""Running a campaign: the sweep that rates come of, what finds breaches and their shortest forms, and robustness."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from functools import partial
from itertools import islice
from random import Random
from typing import Literal, TypeAlias, TypeVar

from genops.errors import DefinitionError, GenopsError
from genops.evals.runner.keeper import Keeper
from genops.evals.runner.sitting import sitting
from genops.fuzz.attack import Attack, Mutation
from genops.fuzz.attacker import AttackerRefused, AttackerUnusable
from genops.fuzz.mutator import lending
from genops.fuzz.objective import Seed
from genops.fuzz.regions import OutputRegions
from genops.fuzz.robustness.run import Item, RobustnessTries
from genops.fuzz.runner.findings import finding_of, is_cut_off, is_known
from genops.fuzz.runner.gate import CampaignGate
from genops.fuzz.runner.plan import CampaignPlan
from genops.fuzz.runner.progress import FuzzProgress
from genops.fuzz.runner.session import Planned, sessions
from genops.fuzz.runner.trying import Arena, Try
from genops.fuzz.search import Plan, Search, closeness
from genops.models.loop_thread import on_loop
from genops.store.records import CampaignRecord, FindingRecord, TryRecord
from genops.tracing.recorder import describe

T = TypeVar("T")
Phase: TypeAlias = Literal["sweep", "search", "strategy", "baseline"]
_STOPPED = frozenset({AttackerRefused.__name__, AttackerUnusable.__name__})
_REFUSED = AttackerRefused.__name__
_FINDINGS = 20
"""Findings of one objective at most: what breaks everywhere needs no longer list."""
_GROUPS = 4
"""Groups of a search's proposals that are under way at once: together as many tries as may be."""
_HINT = "wait for that, or start one of its own: without --resume"


@dataclass
class CampaignRunner:
    """Makes the tries of a plan.

    Every try is kept as it ends. Findings are made after each phase, of the breaches that are kept and that none tells
    of: so it does not matter in which sitting a breach came.

    Args:
        plan: What there is to do.
        record: Of the campaign, as it is stored.
        on_progress: Told after each try.
    """

    plan: CampaignPlan
    record: CampaignRecord
    on_progress: Callable[[FuzzProgress], None] | None = None
    progress: FuzzProgress = field(init=False)
    gate: CampaignGate | None = field(init=False)

    def __post_init__(self) -> None:
        self.progress = FuzzProgress(self.plan.size)
        self.gate = CampaignGate.of(self.plan)
        store, attacker = self.plan.project.store, self.plan.attacker
        self._tries: Keeper[TryRecord] = Keeper(partial(store.add_tries, self.record.id))
        self._shelf: Keeper[FindingRecord] = Keeper(partial(store.add_findings, self.record.id))
        self._done: set[int] = set()
        self._findings: list[FindingRecord] = []
        self._workers = asyncio.TaskGroup()
        self._billed = (attacker.cost, attacker.tokens) if attacker is not None else (0.0, 0)

    async def run(self) -> FuzzProgress:
        """Makes what is missing, until all is done or the budget is used up.

        Raises:
            StoreError: Tries cannot be kept.
            Unfinished: Another process is at this campaign.
        """
        return await on_loop(self._run())

    async def _run(self) -> FuzzProgress:
        record = self.record
        folder = self.plan.project.settings.data_dir
        with sitting(folder, "campaign", record.id, record.campaign, _HINT), lending(self.plan.borrowed.mutators):
            await asyncio.to_thread(self._take_over)
            status = "stopped"
            try:
                async with self._workers:
                    keeping = self._workers.create_task(self._tries.run())
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
        await self._tries.finish()
        await self._shelf.finish()
        change = self.plan.project.store.change_campaign
        verdict = self.gate.verdict().to_json() if self.gate is not None else {}
        await asyncio.to_thread(change, self.record.id, status=status, ended=time.time_ns(), verdict=verdict)
        await asyncio.to_thread(self.plan.project.store.writer.flush)  # the trace of every try is there from now on

    def _take_over(self) -> None:
        """What earlier sittings left; tries under which the infrastructure failed are made again."""
        store = self.plan.project.store
        for made in store.tries(self.record.id):
            if not _again(made):
                self._done.add(made.number)
                self.progress.outcomes[_counted(made)] += 1
                self.progress.refused += made.error.get("type") == _REFUSED
        if self.gate is not None:
            self.gate.take_over((made, _again(made)) for made in store.tries(self.record.id))
        self._findings = list(store.findings(self.record.id))
        self.progress.findings = len(self._findings)
        self.progress.resumed = len(self._done)

    async def _attack(self, arena: Arena, first: int) -> None:
        """All tries for one objective, and what they found."""
        tries = self.plan.campaign.tries
        phases = ((self._sweep, tries.sweep), (self._search, tries.search), (self._lead, self.plan.strategy))
        if not self._over():
            await asyncio.gather(*(one.warm() for one in (arena, *(theirs for _, theirs in self.plan.beside(arena)))))
        for phase, count in phases:
            if self._over():
                return
            await phase(arena, first)
            await self._settle(arena, range(first, first + count))
            first += count

    async def _sweep(self, arena: Arena, first: int) -> None:
        """Seeds and mutators drawn without a look at what came of any."""

        async def make(drawn: tuple[int, Plan]) -> None:
            number, plan = drawn
            await self._keep(*await self._everywhere(arena, number, plan))

        drawn = self._drawn(arena, first)
        if self.gate is not None:
            drawn = self.gate.in_turn(arena.objective.name, drawn)
        await self._side_by_side((one for one in drawn if not self._is_done(arena, one[0])), make)

    def _is_done(self, arena: Arena, number: int) -> bool:
        """Whether an attack of a sweep needs no try any more, wherever it is to be tried."""
        return self._done.issuperset((number, *(other for other, _ in self.plan.beside(arena, number))))

    async def _everywhere(self, arena: Arena, number: int, plan: Plan) -> list[TryRecord]:
        """An attack of a sweep where it is still to be tried: on the chain, and on those that the gate compares."""
        arms: list[tuple[int, Arena, Phase]] = [(number, arena, "sweep")]
        arms += [(other, theirs, "baseline") for other, theirs in self.plan.beside(arena, number)]
        left = [arm for arm in arms if arm[0] not in self._done]
        tried = await self._tried(plan, *(theirs for _, theirs, _ in left))
        return [_record(other, phase, found) for (other, _, phase), found in zip(left, tried, strict=True)]

    def _drawn(self, arena: Arena, first: int) -> Iterator[tuple[int, Plan]]:
        """Each seed in its turn, bare or under one mutation."""
        campaign, choices = self.plan.campaign, self.plan.choices
        rng = Random(f"sweep {arena.objective.name} {campaign.seed}")
        numbers = range(first, first + campaign.tries.sweep)
        for number, seed in zip(numbers, arena.seeds.dealt(campaign.seed, "sweep"), strict=False):
            place = rng.randrange(len(choices) + 1)
            chain = (choices[place].draw(rng),) if place < len(choices) else ()
            yield number, Plan("", seed, chain)

    async def _search(self, arena: Arena, first: int) -> None:
        """What the search proposes, group by group; it learns what a group showed while those after it are under way.

        The groups of an earlier sitting are proposed again, and what is kept stands for their tries: a search that is
        resumed goes on as it would have.
        """
        campaign = self.plan.campaign
        starts = [(arena.objective.name, seed) for seed in arena.seeds.starts(campaign.seed)]
        search = Search(starts, self.plan.choices, campaign.depth, campaign.seed)
        numbers = range(first, first + campaign.tries.search)
        at_once = min(_GROUPS, campaign.concurrency)
        size = campaign.concurrency // at_once
        under_way: deque[tuple[list[Plan], asyncio.Task[list[TryRecord]]]] = deque()

        spec, project = campaign.regions, self.plan.project
        regions = OutputRegions(project.settings, project.store, spec) if spec is not None else None

        async def learn() -> None:
            plans, group = under_way.popleft()
            tried = await group
            if regions is not None:
                tried = await regions.told(tried)
                await self._tries.keep(*tried)
            _observe(search, plans, tried, self._seed(arena))

        for start in range(0, len(numbers), size):
            if len(under_way) == at_once:
                await learn()
            group = numbers[start : start + size]
            plans = [] if self._over() else search.propose(len(group))
            if not plans:
                break
            under_way.append((plans, self._workers.create_task(self._group(arena, group, plans))))
        while under_way:
            await learn()

    async def _group(self, arena: Arena, numbers: range, plans: Sequence[Plan]) -> list[TryRecord]:
        """The tries of a group in their order; those that are kept are not made again."""
        kept = {} if self._done.isdisjoint(numbers) else await asyncio.to_thread(self._kept, numbers)

        async def made(number: int, plan: Plan) -> TryRecord:
            [found] = await self._tried(plan, arena)
            return _record(number, "search", found)

        numbered = list(zip(numbers, plans, strict=False))
        records = await asyncio.gather(*(made(number, plan) for number, plan in numbered if number not in kept))
        if records:
            await self._keep(*records)
        return sorted([*kept.values(), *records], key=lambda record: record.number)

    def _kept(self, numbers: range) -> dict[int, TryRecord]:
        tries = self.plan.project.store.tries(self.record.id, numbers)
        return {made.number: made for made in tries if made.number in self._done}

    async def _lead(self, arena: Arena, first: int) -> None:
        """What strategies lead the attacker to. A session is kept whole or not at all, and then it is made again."""
        campaign, attacker = self.plan.campaign, self.plan.attacker
        if attacker is None:
            return

        async def make(session: Planned) -> None:
            tried = await session.run(arena, attacker, campaign.seed)
            await self._keep(*(_record(number, "strategy", found) for number, found in enumerate(tried, session.first)))

        count, dealt = len(arena.seeds(campaign.seed)), arena.seeds.dealt(campaign.seed, "strategy")
        planned = sessions(campaign.strategies, list(islice(dealt, count)), first, campaign.tries.strategy)
        await self._side_by_side((session for session in planned if session.first not in self._done), make)

    async def _vary(self) -> None:
        """Cases in forms that keep their meaning."""
        if self.plan.robustness is None:
            return
        tries = RobustnessTries(self.plan.robustness, self.record.id, self.plan.attacks, self._done)

        async def make(item: Item) -> None:
            made = await tries.make(item)
            if made is not None:
                await self._keep(made)

        await self._side_by_side(tries.items(), make)

    async def _side_by_side(self, items: Iterator[T], make: Callable[[T], Awaitable[None]]) -> None:
        """Makes one item after another, several at once, until none is left or the budget is used up."""

        async def work() -> None:
            while not self._over() and (item := next(items, None)) is not None:
                await make(item)

        tasks = [self._workers.create_task(work()) for _ in range(self.plan.campaign.concurrency)]
        await asyncio.gather(*tasks)

    async def _tried(self, plan: Plan, *arenas: Arena) -> list[Try]:
        """An attack with the same text on copies of one or several chains."""
        name = arenas[0].objective.name
        try:
            text = await self.plan.text(plan.seed, plan.mutations)
        except DefinitionError:  # a mutator that breaks its contract will do so again
            raise
        except GenopsError as error:  # the attacker's model failed: nothing is known of the target
            unwritten = Attack(name, plan.seed, plan.mutations, "")
            return [Try(unwritten, "infrastructure", error=describe(error)) for _ in arenas]
        attack = Attack(name, plan.seed, plan.mutations, text)
        return await asyncio.gather(*(arena.attempt(attack) for arena in arenas))

    async def _keep(self, *records: TryRecord) -> None:
        """Keeps tries; one whose trace was lost replaces itself and counts no second time."""
        for record in records:
            self.progress.outcomes[_counted(record)] += record.number not in self._done
            self.progress.refused += record.error.get("type") == _REFUSED
            self.progress.missing += _again(record)
            self.progress.spend(record.cost, record.tokens)
            if self.gate is not None:
                self.gate.add(record)
        await self._tries.keep(*records)
        self._tell()

    async def _settle(self, arena: Arena, numbers: range) -> None:
        """Makes a finding of each kept breach that none tells of, in the order of their numbers."""
        if not self.progress.outcomes["breach"]:
            return
        await self._tries.finish()
        await self._reopen(numbers)
        mine = [finding for finding in self._findings if finding.objective == arena.objective.name]
        seed = self._seed(arena)
        breaches = self.plan.project.store.tries(self.record.id, numbers, "breach")
        untold = (made for made in breaches if not is_known(made, mine))
        attempt, attacker = partial(self._attempt, arena), self.plan.attacker
        while len(mine) < _FINDINGS and (made := await asyncio.to_thread(next, untold, None)) is not None:
            finding = await finding_of(arena, made, seed(made), attempt, attacker, self._over)
            await self._shelf.keep(finding)
            await self._shelf.finish()
            mine.append(finding)
            self._findings.append(finding)
            self.progress.findings += 1
            self._tell()

    def _seed(self, arena: Arena) -> Callable[[TryRecord], Seed]:
        """Gives the seed of a try that is kept, with the case and the field that carried it."""
        return lambda made: arena.seeds.one(made.seed, self.plan.campaign.seed, made.case, made.field)

    async def _reopen(self, numbers: range) -> None:
        """Forgets findings that an earlier sitting had no budget to shorten: they are made again."""
        cut_off = [one.number for one in self._findings if one.number in numbers and is_cut_off(one)]
        if cut_off and not self._over():
            await asyncio.to_thread(self.plan.project.store.drop_findings, self.record.id, cut_off)
            self._findings = [finding for finding in self._findings if finding.number not in cut_off]
            self.progress.findings = len(self._findings)

    async def _attempt(self, arena: Arena, attack: Attack) -> Try:
        """A try that shortens a finding: it is paid for, and counts in nothing else."""
        found = await arena.attempt(attack)
        self.progress.spend(found.cost, found.tokens)
        return found

    def _tell(self) -> None:
        if self.on_progress is not None:
            self.on_progress(self.progress)

    def _over(self) -> bool:
        """Whether the budget is used up, what the attacker used since the last time included."""
        attacker = self.plan.attacker
        if attacker is not None:
            cost, tokens = self._billed
            self._billed = attacker.cost, attacker.tokens
            self.progress.spend(attacker.cost - cost, attacker.tokens - tokens)
        return self.progress.over(self.plan.campaign.budget)


def _counted(made: TryRecord) -> str:
    """As what a try counts: what a chain does that is only compared with is no matter of this one."""
    return made.phase if made.phase == "baseline" else made.outcome


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
        text=found.attack.text if found.outcome == "breach" or found.attack.seed.surface != "input" else "",
        case=found.attack.seed.case,
        field=found.attack.seed.field,
    )


def _observe(
    search: Search, plans: Sequence[Plan], group: Sequence[TryRecord], seed: Callable[[TryRecord], Seed]
) -> None:
    """Shows a search what came of its proposals, or of others that an earlier sitting tried in their place."""
    for plan, made in zip(plans, group, strict=False):
        if _again(made):
            continue
        tried = Plan(made.objective, seed(made), tuple(Mutation(**mutation) for mutation in made.mutations))
        if tried.key != plan.key:
            search.withdraw(plan)
        search.observe(tried, made.features, closeness(made.scores), made.outcome == "breach")
