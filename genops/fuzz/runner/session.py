"""A session: what one strategy tries at one seed, within its bound."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any

from genops.artifacts import Value
from genops.errors import GenopsError
from genops.fuzz.attack import LONGEST, Attack, Mutation
from genops.fuzz.attacker import AttackerRefused, AttackerStopped, AttackerUnusable, declines
from genops.fuzz.mutator import Attacker
from genops.fuzz.objective import Seed
from genops.fuzz.runner.arena import Arena
from genops.fuzz.runner.progress import Spend
from genops.fuzz.runner.trying import Try
from genops.fuzz.strategies import Strategy
from genops.tracing.recorder import describe


class SessionFailed(GenopsError):
    """The infrastructure failed under a session: it says nothing, and is made again.

    Attributes:
        failed: The try that stands for it.
    """

    def __init__(self, failed: Try) -> None:
        super().__init__(str(failed.error.get("message", "the infrastructure failed")))
        self.failed = failed


@dataclass
class Session:
    """What a strategy makes its tries through.

    Args:
        arena: Where attacks are tried.
        seed: What is to be reached.
        attacker: Who writes the attacks.
        rng: Tells apart equal questions to the attacker.
        strategy: Its name.
        bound: Tries at most; a branch that the attacker ended counts as one.
    """

    arena: Arena
    seed: Seed
    attacker: Attacker
    rng: Random
    strategy: str
    bound: int
    tries: list[Try] = field(default_factory=list)

    @property
    def over(self) -> bool:
        """Whether the bound is reached, or a breach was made."""
        return len(self.tries) >= self.bound or any(found.outcome == "breach" for found in self.tries)

    async def text(self, prompt: str, **inputs: Value) -> str:
        """The message that the attacker writes.

        Args:
            prompt: Reference of the template; it takes ``goal`` and ``wanted``, and gives an object with ``text``.
            inputs: Its further inputs.

        Raises:
            AttackerStopped: There is none.
            SessionFailed: The attacker cannot be reached.
        """
        objective = self.arena.objective
        wanted = f"{objective.title}. {(inspect.getdoc(objective) or '').partition(chr(10))[0]}"
        answer = await self._ask(prompt, {**inputs, "wanted": wanted})
        text = answer.get("text")
        if not isinstance(text, str) or not text.strip():
            raise self.ended(AttackerUnusable(f"the attacker's answer to {prompt} holds no text"))
        if declines(text):
            raise self.ended(AttackerRefused(f"the attacker declines: {text[:200]!r}"))
        return text[:LONGEST]

    async def yes(self, prompt: str, key: str, **inputs: Value) -> bool:
        """What the attacker says to a question of yes or no; raises as :meth:`text`."""
        return (await self._ask(prompt, inputs)).get(key) is True

    async def attempt(self, text: str, settings: Mapping[str, Value]) -> Try:
        """Tries a message.

        Args:
            text: Of the attacker.
            settings: What is kept of how it came about.

        Raises:
            SessionFailed: The infrastructure failed.
            StoreError: The run cannot be kept.
        """
        found = await self.arena.attempt(self._attack(text, settings))
        if found.outcome == "infrastructure":
            raise SessionFailed(found)
        self.tries.append(found)
        return found

    async def _ask(self, prompt: str, inputs: Mapping[str, Value]) -> dict[str, Any]:
        asked = {"goal": self.seed.text, **inputs}
        try:
            answer = await self.attacker.ask(prompt, _sendable(asked), number=self.rng.randrange(2**16))
        except AttackerStopped as error:
            raise self.ended(error) from None
        except GenopsError as error:
            raise SessionFailed(Try(self._attack("", {}), "infrastructure", error=describe(error))) from error
        if not isinstance(answer, dict):
            raise self.ended(AttackerUnusable(f"the attacker's answer to {prompt} is no object"))
        return answer

    def ended(self, error: AttackerStopped) -> AttackerStopped:
        """The error that ends a branch, noted as a try that was never made: nothing is known of the target.

        Args:
            error: It, to be raised.
        """
        self.tries.append(Try(self._attack("", {}), "infrastructure", error=describe(error)))
        return error

    def _attack(self, text: str, settings: Mapping[str, Value]) -> Attack:
        return Attack(self.arena.objective.name, self.seed, (Mutation(self.strategy, 0, settings),), text)


@dataclass(frozen=True, slots=True)
class Planned:
    """A session that is to be held.

    Attributes:
        first: Number of its first try.
        strategy: That leads it.
        seed: What is to be reached.
        bound: Tries at most.
    """

    first: int
    strategy: Strategy
    seed: Seed
    bound: int

    async def run(self, arena: Arena, attacker: Attacker, seed: int, spend: Spend) -> list[Try]:
        """Its tries; where the infrastructure failed, that failure alone.

        Args:
            arena: Where attacks are tried.
            attacker: Who writes them.
            seed: Of the campaign.
            spend: Told what tries used that come to nothing.

        Raises:
            StoreError: Runs cannot be kept.
        """
        name = self.strategy.name
        rng = Random(f"{name} {arena.objective.name} {self.seed.id} {seed}")
        session = Session(arena, self.seed, attacker, rng, name, self.bound)
        try:
            await self.strategy.attack(session)
        except SessionFailed as error:
            for lost in session.tries:
                spend(lost.cost, lost.tokens)
            return [error.failed]
        return session.tries


def sessions(strategies: Sequence[Strategy], seeds: Sequence[Seed], first: int, tries: int) -> Iterator[Planned]:
    """Every strategy at every seed, as far as the tries go; each has numbers of its own, used or not.

    Args:
        strategies: Of the campaign.
        seeds: Of the objective.
        first: Number of the first try.
        tries: That there may be.
    """
    end = first + tries
    for seed in seeds:
        for strategy in strategies:
            if seed.surface in strategy.surfaces and first < end:
                planned = Planned(first, strategy, seed, min(strategy.bound, end - first))
                yield planned
                first += planned.bound


def _sendable(value: Any) -> Any:
    """A value with ``?`` for lone surrogates: no server takes one."""
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode("utf-8")
    if isinstance(value, dict):
        return {key: _sendable(item) for key, item in value.items()}
    return [_sendable(item) for item in value] if isinstance(value, list) else value
