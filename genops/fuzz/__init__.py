"""Fuzzing: how a chain breaks, found locally and reproducibly, with honest rates.

What runs campaigns is imported when first used, so that a plug-in that only brings a mutator stays light.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from genops.late import importing, late

with importing():
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

__getattr__ = late(__name__, _LATER)
