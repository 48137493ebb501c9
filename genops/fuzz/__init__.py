"""Fuzzing: how a chain breaks, found locally and reproducibly, with honest rates."""

from genops.fuzz.attack import Attack, Mutation, mutated
from genops.fuzz.campaign import Campaign
from genops.fuzz.fuzzing import Fuzzed, afuzz, define_campaign, fuzz, reproduce
from genops.fuzz.mutator import Attacker, Mutator, mutator
from genops.fuzz.objective import Objective, Plant, Seed, Tags, Target, objective

__all__ = [
    "Attack",
    "Attacker",
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
