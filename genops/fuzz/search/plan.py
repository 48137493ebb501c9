"""What a search deals in: plans of attacks, and the mutators that it may make them of."""

from __future__ import annotations

import inspect
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from hashlib import blake2b
from random import Random
from typing import get_type_hints

from genops.artifacts import Value
from genops.fuzz.attack import Mutation
from genops.fuzz.mutator import find_mutator
from genops.fuzz.objective import Seed

_written = json.JSONEncoder(sort_keys=True).encode


@dataclass(frozen=True)
class Plan:
    """An attack before its text is made.

    Attributes:
        objective: Name of the objective.
        seed: The seed.
        mutations: In the order in which they are applied.
    """

    objective: str
    seed: Seed
    mutations: tuple[Mutation, ...] = ()

    @cached_property
    def key(self) -> bytes:
        """16 bytes that are the same for the same plan and for no other, in every process."""
        chain = [[mutation.mutator, mutation.seed, dict(mutation.settings)] for mutation in self.mutations]
        said = [self.objective, self.seed.id, self.seed.case, self.seed.field, chain]
        return blake2b(_written(said).encode(), digest_size=16).digest()


@dataclass(frozen=True, slots=True)
class Choice:
    """A mutator that a search may use.

    Attributes:
        mutator: Its name.
        settings: Sets of settings to choose from; at least one.
        draws: How many seeds of its chance are told apart: one where it leaves nothing to chance.
    """

    mutator: str
    settings: tuple[Mapping[str, Value], ...] = field(default=({},))
    draws: int = 8

    @classmethod
    def of(cls, mutator: str, settings: Sequence[Mapping[str, Value]] = ({},), draws: int = 8) -> Choice:
        """A registered mutator as a choice, with one draw where it takes no source of chance.

        Args:
            mutator: Its name.
            settings: Sets of settings to choose from.
            draws: How many seeds are told apart where it does.

        Raises:
            ReferenceNotFound: It is not registered.
        """
        function = inspect.unwrap(find_mutator(mutator).function)
        chance = Random in get_type_hints(function).values()
        return cls(mutator, tuple(settings), draws if chance else 1)

    def draw(self, rng: Random) -> Mutation:
        """One of its mutations, each as likely as the others."""
        return Mutation(self.mutator, rng.randrange(self.draws), rng.choice(self.settings))

    def every(self) -> list[Mutation]:
        """All of its mutations."""
        return [Mutation(self.mutator, seed, chosen) for chosen in self.settings for seed in range(self.draws)]
