"""The shortest form of a finding, by delta debugging.

A. Zeller and R. Hildebrandt, Simplifying and isolating failure-inducing input, IEEE Transactions on Software
Engineering 28 (2002).
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias, TypeVar

from genops.artifacts import Value, encode
from genops.fuzz.attack import Mutation, mutated
from genops.fuzz.mutator import Attacker, MutationFailed

T = TypeVar("T")
Turns: TypeAlias = Sequence[Value]
"""What was said before a text, in parts that can be left out."""
Breaks: TypeAlias = Callable[[str, Turns], Awaitable[bool]]
"""Whether the target breaks on a text after some turns: one try."""

_WORDS = re.compile(r"\s*\S+|\s+")


@dataclass(frozen=True, slots=True)
class Minimised:
    """What is left of a finding.

    Attributes:
        seed: The text that the mutations begin with.
        mutations: Of the finding, some of them with fewer settings.
        turns: Before the text.
        text: What comes of the seed and the mutations, on which the target breaks.
        tries: How many times the target was tried.
        breaks: Whether the finding broke the target again at all; where not, nothing was left out.
        minimal: Whether it was shown that the target no longer breaks once any one turn, mutation, setting, word
            or character is left out. False where it was stopped or the tries ran out before.
    """

    seed: str
    mutations: tuple[Mutation, ...]
    turns: tuple[Value, ...]
    text: str
    tries: int
    breaks: bool
    minimal: bool


async def minimise(
    seed: str,
    mutations: Sequence[Mutation],
    breaks: Breaks,
    *,
    turns: Turns = (),
    tries: int = 500,
    repeats: int = 1,
    needed: int = 1,
    attacker: Attacker | None = None,
    enough: Callable[[], bool] = lambda: False,
    shortens: bool = True,
) -> Minimised:
    """Leaves out what a finding does not need: turns, mutations, their settings, words and characters of the seed.

    That goes round until nothing more can be left out, as a shorter seed may need fewer mutations.

    Args:
        seed: The text that the mutations begin with.
        mutations: Of the finding.
        breaks: One try of the target.
        turns: Before the text.
        tries: How many there may be.
        repeats: Tries of a text at most, for a target that does not always answer alike.
        needed: How many of them must break it.
        attacker: For mutators that ask one.
        enough: Whether to stop before the next try.
        shortens: Whether words and characters of the seed may be left out; False where it has to keep its meaning.

    Raises:
        GenopsError: The attacker gives no usable answer; and what ``breaks`` raises.
        ValueError: More tries of a text are needed than there are.
    """
    if not 1 <= needed <= repeats:
        raise ValueError(f"{needed} of {repeats} tries can never break a target")
    whole = await mutated(seed, mutations, attacker)
    target = _Target(breaks, tries, repeats, needed, enough)
    shrinking = _Shrinking(seed, tuple(mutations), tuple(turns), whole, target, attacker, shortens)
    reproduced = minimal = False
    try:
        reproduced = await target(whole, turns)
        while reproduced and await shrinking.round():
            pass
        minimal = reproduced
    except _TriesSpent:
        pass
    kept = shrinking
    return Minimised(kept.seed, kept.mutations, kept.turns, kept.text, target.tried, reproduced, minimal)


async def ddmin(items: Sequence[T], fails: Callable[[Sequence[T]], Awaitable[bool]]) -> list[T]:
    """Items that still fail, and no longer do once any one of them is left out (1-minimal).

    Zeller and Hildebrandt's ddmin by complements, tried down to single items, and with a test of nothing at all first.
    ``fails`` is taken to hold for all the items.

    Args:
        items: What fails.
        fails: Whether some of them, in their order, still do.
    """
    kept = list(items)
    if not kept or await fails([]):
        return []
    size = (len(kept) + 1) // 2
    while len(kept) > 1:
        start, left_out = 0, False
        while start < len(kept):
            shorter = kept[:start] + kept[start + size :]
            if shorter and await fails(shorter):
                kept, left_out = shorter, True
            else:
                start += size
        if size == 1 and not left_out:
            break
        size = max(1, min(size, len(kept)) // 2) if not left_out else min(size, max(1, len(kept) // 2))
    return kept


class _TriesSpent(Exception):
    pass


class _Target:
    """What breaks, asked once for each text after each turns, and no more often than allowed."""

    def __init__(self, breaks: Breaks, tries: int, repeats: int, needed: int, enough: Callable[[], bool]) -> None:
        self._enough = enough
        self._breaks, self._tries, self._repeats, self._needed = breaks, tries, repeats, needed
        self._known: dict[str, bool] = {}
        self.tried = 0

    async def __call__(self, text: str, turns: Turns) -> bool:
        key = encode([text, *turns]).digest
        if key not in self._known:
            self._known[key] = await self._found(text, turns)
        return self._known[key]

    async def _found(self, text: str, turns: Turns) -> bool:
        broken = 0
        for left in range(self._repeats, 0, -1):
            if broken + left < self._needed:
                return False
            if self.tried >= self._tries or self._enough():
                raise _TriesSpent
            self.tried += 1
            broken += await self._breaks(text, turns)
            if broken == self._needed:
                return True
        return False


@dataclass
class _Shrinking:
    """A finding as it gets shorter."""

    seed: str
    mutations: tuple[Mutation, ...]
    turns: tuple[Value, ...]
    text: str
    target: _Target
    attacker: Attacker | None
    shortens: bool

    async def keeps(self, seed: str, mutations: Sequence[Mutation], turns: Turns) -> bool:
        """Whether the target breaks on this too; then it takes the finding's place."""
        try:
            text = await mutated(seed, mutations, self.attacker)
        except MutationFailed:  # a converter of another tool that needs more words than are left
            return False
        if not await self.target(text, turns):
            return False
        self.seed, self.mutations, self.turns, self.text = seed, tuple(mutations), tuple(turns), text
        return True

    async def round(self) -> bool:
        """Leaves out what it can, from the coarse to the fine; whether that was anything."""
        before = self.seed, self.mutations, self.turns
        await ddmin(self.turns, lambda some: self.keeps(self.seed, self.mutations, some))
        await ddmin(self.mutations, lambda some: self.keeps(self.seed, some, self.turns))
        await self._settings()
        for parts in (_WORDS.findall, list) if self.shortens else ():
            await ddmin(parts(self.seed), lambda some: self.keeps("".join(some), self.mutations, self.turns))
        return (self.seed, self.mutations, self.turns) != before

    async def _settings(self) -> None:
        for number, mutation in enumerate(self.mutations):
            for name in mutation.settings:
                now = self.mutations[number]
                fewer = {key: value for key, value in now.settings.items() if key != name}
                changed = replace(now, settings=fewer)
                mutations = (*self.mutations[:number], changed, *self.mutations[number + 1 :])
                await self.keeps(self.seed, mutations, self.turns)
