"""An attack: a seed of an objective, and what mutators made of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from random import Random

from genops.artifacts import Value
from genops.fuzz.mutator import Attacker, find_mutator
from genops.fuzz.objective import Seed

CONVERSATION = "conversation"
"""The setting of a mutation that holds the turns before the text of an attack."""

LONGEST = 200_000
"""Characters of an attack: mutations on top of each other could make it longer than any memory."""


@dataclass(frozen=True, slots=True)
class Mutation:
    """One step of an attack.

    Attributes:
        mutator: Name of the mutator.
        seed: Of its chance.
        settings: What differs from its defaults.
    """

    mutator: str
    seed: int
    settings: Mapping[str, Value] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Attack:
    """What is tried: a seed and what was done to it.

    Attributes:
        objective: Name of the objective.
        seed: The seed.
        mutations: In the order in which they were applied.
        text: What came of it.
    """

    objective: str
    seed: Seed
    mutations: tuple[Mutation, ...]
    text: str

    @property
    def metadata(self) -> dict[str, Value]:
        """What detectors may read of it: ``attack``, ``seed`` and, where its seed has any, ``triggers``."""
        said: dict[str, Value] = {"attack": self.text, "seed": self.seed.id}
        return {**said, "triggers": list(self.seed.triggers)} if self.seed.triggers else said

    @property
    def conversation(self) -> list[Value]:
        """The messages before the text, ``{"role", "content"}`` each; empty where there were none."""
        said = [mutation.settings.get(CONVERSATION) for mutation in self.mutations]
        return [message for found in said if isinstance(found, list) for message in found]

    @property
    def turns(self) -> list[Value]:
        """The same, each message of the user in one list with what was answered to it."""
        turns: list[Value] = []
        for message in self.conversation:
            asked = isinstance(message, dict) and message.get("role") == "user"
            if turns and not asked and isinstance(turns[-1], list):
                turns[-1].append(message)
            else:
                turns.append([message])
        return turns


async def mutated(text: str, mutations: Sequence[Mutation], attacker: Attacker | None = None) -> str:
    """A text after some mutations, cut to :data:`LONGEST` characters.

    Args:
        text: Any.
        mutations: In the order in which they are applied.
        attacker: For those that ask one.

    Raises:
        ReferenceNotFound: A mutator is not registered.
        GenopsError: The attacker gives no usable answer.
    """
    for mutation in mutations:
        applied = find_mutator(mutation.mutator).apply(text, Random(mutation.seed), mutation.settings, attacker)
        text = (await applied)[:LONGEST]
    return text
