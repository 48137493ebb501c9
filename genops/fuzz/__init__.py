"""Fuzzing: how a chain breaks, found locally and reproducibly, with honest rates."""

from genops.fuzz.attack import Attack, Mutation, mutated
from genops.fuzz.mutator import Attacker, Mutator, mutator
from genops.fuzz.objective import Objective, Plant, Seed, Tags, Target, objective

__all__ = [
    "Attack",
    "Attacker",
    "Mutation",
    "Mutator",
    "Objective",
    "Plant",
    "Seed",
    "Tags",
    "Target",
    "mutated",
    "mutator",
    "objective",
]
