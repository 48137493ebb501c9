"""The sweep: seeds and mutators drawn without a look at what came of any, which rates come of."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

from genops.fuzz.runner.arena import Arena
from genops.fuzz.runner.kept import Phase, record_of
from genops.fuzz.runner.sitting import Sitting
from genops.fuzz.search import Plan
from genops.store.records.campaigns import TryRecord


async def sweep(sitting: Sitting, arena: Arena, first: int) -> None:
    """Makes what is missing of a sweep.

    Args:
        sitting: At the campaign.
        arena: Of the objective.
        first: Number of the first try.

    Raises:
        StoreError: Tries cannot be kept.
    """

    async def make(drawn: tuple[int, Plan]) -> None:
        number, plan = drawn
        await sitting.keep(*await _everywhere(sitting, arena, number, plan))

    drawn = _drawn(sitting, arena, first)
    if sitting.gate is not None:
        drawn = sitting.gate.in_turn(arena.objective.name, drawn)
    await sitting.side_by_side((one for one in drawn if not _is_done(sitting, arena, one[0])), make)


def _drawn(sitting: Sitting, arena: Arena, first: int) -> Iterator[tuple[int, Plan]]:
    """Each seed in its turn, bare or under one mutation."""
    campaign, choices = sitting.plan.campaign, sitting.plan.choices_of(arena.objective)
    rng = Random(f"sweep {arena.objective.name} {campaign.seed}")
    numbers = range(first, first + campaign.tries.sweep)
    for number, seed in zip(numbers, arena.seeds.dealt(campaign.seed, "sweep"), strict=False):
        place = rng.randrange(len(choices) + 1)
        chain = (choices[place].draw(rng),) if place < len(choices) else ()
        yield number, Plan("", seed, chain)


def _is_done(sitting: Sitting, arena: Arena, number: int) -> bool:
    """Whether an attack needs no try any more, wherever it is to be tried."""
    return sitting.done.issuperset((number, *(other for other, _ in sitting.plan.beside(arena, number))))


async def _everywhere(sitting: Sitting, arena: Arena, number: int, plan: Plan) -> list[TryRecord]:
    """An attack where it is still to be tried: on the chain, and on those that the gate compares."""
    arms: list[tuple[int, Arena, Phase]] = [(number, arena, "sweep")]
    arms += [(other, theirs, "baseline") for other, theirs in sitting.plan.beside(arena, number)]
    left = [arm for arm in arms if arm[0] not in sitting.done]
    tried = await sitting.tried(plan, *(theirs for _, theirs, _ in left))
    return [record_of(other, phase, found) for (other, _, phase), found in zip(left, tried, strict=True)]
