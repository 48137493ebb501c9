"""Tries as a campaign keeps them."""

from __future__ import annotations

from typing import Literal, TypeAlias

from genops.fuzz.attack import Mutation
from genops.fuzz.attacker import AttackerRefused, AttackerUnusable
from genops.fuzz.objective import Seed
from genops.fuzz.runner.trying import Try
from genops.fuzz.search import Plan
from genops.store.records.campaigns import TryRecord

Phase: TypeAlias = Literal["sweep", "search", "strategy", "baseline"]
_STOPPED = frozenset({AttackerRefused.__name__, AttackerUnusable.__name__})


def record_of(number: int, phase: Phase, found: Try) -> TryRecord:
    """A try as it is kept.

    Args:
        number: Of the try in its campaign.
        phase: That it belongs to.
        found: What became of it.
    """
    attack, seed = found.attack, found.attack.seed
    return TryRecord(
        number=number,
        phase=phase,
        objective=attack.objective,
        seed=seed.id,
        surface=seed.surface,
        mutations=[
            {"mutator": one.mutator, "seed": one.seed, "settings": dict(one.settings)} for one in attack.mutations
        ],
        outcome=found.outcome,
        run=found.run,
        error=dict(found.error),
        scores={name: dict(score) for name, score in found.scores.items()},
        features=sorted(found.features),
        cost=found.cost,
        tokens=found.tokens,
        text=attack.text if found.outcome == "breach" or seed.surface != "input" else "",
        case=seed.case,
        field=seed.field,
    )


def plan_of(made: TryRecord, seed: Seed) -> Plan:
    """What a try was a try of.

    Args:
        made: As it is kept.
        seed: That it began with.
    """
    return Plan(made.objective, seed, tuple(Mutation(**mutation) for mutation in made.mutations))


def is_missing(made: Try | TryRecord) -> bool:
    """Whether a try is to be made again: the infrastructure failed. An attacker that stopped is no failure of it."""
    return made.outcome == "infrastructure" and made.error.get("type") not in _STOPPED


def is_refused(made: TryRecord) -> bool:
    """Whether the attacker declined to write the attack."""
    return made.error.get("type") == AttackerRefused.__name__


def counted_as(made: TryRecord) -> str:
    """As what a try counts: what a chain does that is only compared with is no matter of this one."""
    return made.phase if made.phase == "baseline" else made.outcome
