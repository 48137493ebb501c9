"""The search: attacks are proposed near what showed new behaviour or came close, group by group.

The same campaign makes the same search, however often it is cut off: a group is proposed once the search has learned of
all that it may know of, and the groups of earlier sittings are proposed again, with what is kept in the place of their
tries. So the search learns of whole groups alone. Where the infrastructure fails under a try, that is made once more;
where it fails again although the harmless case goes through, the chain breaks on this attack; and where the harmless
case fails as well, the sitting ends, and the next one completes the group before anything else is proposed.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from genops.fuzz.mutator import MutationFailed
from genops.fuzz.regions import OutputRegions
from genops.fuzz.runner.arena import Arena
from genops.fuzz.runner.kept import is_missing, plan_of, record_of
from genops.fuzz.runner.sitting import Sitting
from genops.fuzz.runner.trying import Try
from genops.fuzz.search import Plan, Search, closeness
from genops.store.records.campaigns import TryRecord

_GROUPS = 4
"""Groups that are under way at once: together as many tries as may be."""


async def search(sitting: Sitting, arena: Arena, first: int) -> None:
    """Makes what is missing of a search.

    Args:
        sitting: At the campaign.
        arena: Of the objective.
        first: Number of the first try.

    Raises:
        StoreError: Tries cannot be kept.
    """
    campaign = sitting.plan.campaign
    at_once = min(_GROUPS, campaign.concurrency)
    searching = _Searching.of(sitting, arena)
    numbers = range(first, first + campaign.tries.search)
    size = campaign.concurrency // at_once
    for start in range(0, len(numbers), size):
        if len(searching.under_way) == at_once:
            await searching.learn()
        if not await searching.begin(numbers[start : start + size]):
            break
    while searching.under_way:
        await searching.learn()


@dataclass
class _Searching:
    """A search under way.

    Attributes:
        sitting: At the campaign.
        arena: Of the objective.
        search: Proposes.
        regions: Of outputs; None where the campaign does not follow them.
        under_way: What was proposed and is tried, oldest first.
    """

    sitting: Sitting
    arena: Arena
    search: Search
    regions: OutputRegions | None
    under_way: deque[tuple[list[Plan], list[asyncio.Task[TryRecord]]]] = field(default_factory=deque)

    @classmethod
    def of(cls, sitting: Sitting, arena: Arena) -> _Searching:
        campaign, project = sitting.plan.campaign, sitting.plan.project
        starts = [(arena.objective.name, seed) for seed in arena.seeds.starts(campaign.seed)]
        search = Search(starts, sitting.plan.choices_of(arena.objective), campaign.depth, campaign.seed)
        spec = campaign.regions
        regions = OutputRegions(project.settings, project.store, spec) if spec is not None else None
        return cls(sitting, arena, search, regions)

    async def begin(self, numbers: range) -> bool:
        """Proposes a group and begins its tries; whether there was one to begin."""
        if not self.sitting.done.issuperset(numbers) and self.sitting.over():
            return False
        plans = self.search.propose(len(numbers))
        kept = {} if self.sitting.done.isdisjoint(numbers) else await asyncio.to_thread(self.sitting.kept, numbers)
        start = self.sitting.workers.create_task
        numbered = zip(numbers, plans, strict=False)
        self.under_way.append((plans, [start(self._made(number, plan, kept.get(number))) for number, plan in numbered]))
        return bool(plans)

    async def learn(self) -> None:
        """Waits for the oldest group, and shows the search what came of it, or of what was tried in its place."""
        plans, tasks = self.under_way.popleft()
        tried: Sequence[TryRecord] = await asyncio.gather(*tasks)
        failed = next(filter(_is_away, tried), None)
        if failed is not None:
            self.sitting.progress.stopped = f"the infrastructure failed: {failed.error.get('message', '')}"
        if self.regions is not None:
            tried = await self.regions.told(tried)
            await self.sitting.tries.keep(*tried)
        for plan, made in zip(plans, tried, strict=True):
            if is_missing(made):
                continue
            seed = self.arena.seeds.one(made.seed, self.sitting.plan.campaign.seed, made.case, made.field)
            done = plan_of(made, seed)
            if done.key != plan.key:
                self.search.withdraw(plan)
            self.search.observe(done, made.features, closeness(made.scores), made.outcome == "breach")

    async def _made(self, number: int, plan: Plan, kept: TryRecord | None) -> TryRecord:
        """A try; the one that is kept where there is one."""
        if kept is not None:
            return kept
        made = record_of(number, "search", await self._tried(plan))
        await self.sitting.keep(made)
        return made

    async def _tried(self, plan: Plan) -> Try:
        """A try, made once more where it failed; where it alone fails, that tells of the chain or of its judge."""
        spend = self.sitting.progress.spend
        [found] = await self.sitting.tried(plan, self.arena)
        if _is_away(found):
            spend(found.cost, found.tokens)
            [found] = await self.sitting.tried(plan, self.arena)
        if _is_away(found) and found.run and await self.arena.is_up(spend):
            return replace(found, outcome="unscored" if found.scores else "crashed")
        return found


def _is_away(made: Try | TryRecord) -> bool:
    """Whether a server failed; a mutator of another tool that can make nothing of a text never will."""
    return is_missing(made) and made.error.get("type") != MutationFailed.__name__
