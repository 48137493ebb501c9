"""Holes that need two mutations together are found in at most half the tries when behaviour leads the search."""

import asyncio
from statistics import median

import pytest

from genops.executor import run_sync
from genops.fuzz.attack import Attack, mutated
from genops.fuzz.mutator import find_mutator
from genops.fuzz.objective import find_objective
from genops.fuzz.runner import Arena
from genops.fuzz.search import Choice, Search
from genops.plugins import registry
from tests.fuzz.weak_site import HARMLESS, site, weak

__all__ = ["site", "weak"]

OBJECTIVE = "prompt_extraction"
SEEDS = 20
MOST = 400
"""Tries after which a search is given up: it counts as having needed no more."""
AT_ONCE = 8


async def tries_until_a_breach(arena, choices, seed, *, guided):
    search = Search([(OBJECTIVE, start) for start in arena.seeds(seed)], choices, 2, seed, guided)
    made = 0
    while made < MOST:
        plans = search.propose(AT_ONCE)
        texts = [await mutated(plan.seed.text, plan.mutations) for plan in plans]
        attacks = [Attack(OBJECTIVE, plan.seed, plan.mutations, text) for plan, text in zip(plans, texts, strict=True)]
        for plan, tried in zip(plans, await asyncio.gather(*map(arena.attempt, attacks)), strict=True):
            made += 1
            if tried.outcome == "breach":
                return made
            search.observe(plan, tried.features, tried.closeness, breach=False)
    return MOST


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize("chain", ["leaks_to_staff_in_code", "leaks_to_the_loud_and_split"])
def test_guidance_halves_the_tries(weak, chain):
    names = [name for name in sorted(registry.names("mutator")) if not find_mutator(name).asks]
    choices = [Choice.of(name) for name in names]
    inputs = {"question": HARMLESS[chain]}
    arenas = [
        Arena.prepare(weak.project, chain, find_objective(OBJECTIVE)(), inputs, seed=seed) for seed in range(SEEDS)
    ]
    needed = {
        guided: [
            run_sync(tries_until_a_breach(arena, choices, seed, guided=guided)) for seed, arena in enumerate(arenas)
        ]
        for guided in (True, False)
    }
    assert median(needed[True]) < MOST
    assert median(needed[True]) <= median(needed[False]) / 2
