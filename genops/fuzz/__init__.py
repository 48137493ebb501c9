"""Fuzzing: how a chain breaks, found locally and reproducibly, with honest rates.

What runs campaigns is imported when first used, so that a plug-in that only brings a mutator stays light.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from genops.fuzz.attack import Attack, Mutation, mutated
from genops.fuzz.mutator import Attacker, Mutator, mutator
from genops.fuzz.objective import Borrowed, Objective, Plant, Seed, Tags, Target, objective

if TYPE_CHECKING:
    from genops.fuzz.campaign import Campaign
    from genops.fuzz.fuzzing import Fuzzed, afuzz, define_campaign, fuzz, reproduce

_LATER = {
    "Campaign": "genops.fuzz.campaign",
    "Fuzzed": "genops.fuzz.fuzzing",
    "afuzz": "genops.fuzz.fuzzing",
    "define_campaign": "genops.fuzz.fuzzing",
    "fuzz": "genops.fuzz.fuzzing",
    "reproduce": "genops.fuzz.fuzzing",
}

__all__ = [
    "Attack",
    "Attacker",
    "Borrowed",
    "Campaign",
    "Fuzzed",
    "Mutation",
    "Mutator",
    "Objective",
    "Plant",
    "Seed",
    "Tags",
    "Target",
    "afuzz",
    "define_campaign",
    "fuzz",
    "mutated",
    "mutator",
    "objective",
    "reproduce",
]


def __getattr__(name: str) -> Any:
    """Imports a public name when it is first asked for."""
    if name not in _LATER:
        raise AttributeError(f"module 'genops.fuzz' has no attribute {name!r}")
    value = getattr(importlib.import_module(_LATER[name]), name)
    globals()[name] = value
    return value
