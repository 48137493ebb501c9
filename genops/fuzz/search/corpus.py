"""The corpus: plans that showed something new, and how much work each deserves.

As in AFL, a try is kept when it reaches a feature that none before it did. Here it is also kept when it comes closer to
a breach, and when its mutators are among the first few chains that reach a feature: which of them leads on shows only
later. The energy of an entry follows M. Böhme, V.-T. Pham and A. Roychoudhury, Coverage-based greybox fuzzing as Markov
chain (AFLFast), CCS 2016: less for what many tries have shown and for what has been worked on often; and M. Böhme,
V. J. M. Manès and S. K. Cha, Boosting fuzzer efficiency: an information theoretic perspective (Entropic), FSE 2020: the
rarer its features, the more an entry still has to tell.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import TypeAlias

from genops.fuzz.attack import Mutation
from genops.fuzz.search.plan import Plan

LARGEST = 500
"""Entries that are kept: past it, those of least energy go. Seeds always stay."""
MOST_FEATURES = 1 << 14
"""Features that are told apart: as with AFL's map, a target can make up more of them than any memory holds."""
REPRESENTATIVES = 6
"""Chains of different mutators that are kept for the same feature."""
_COMMON = 0.001
_PULL = 1.0
_DECAY = 0.75

_Feature: TypeAlias = tuple[str, str]
"""An objective and a feature."""


@dataclass(slots=True)
class Entry:
    """A plan that is kept.

    Attributes:
        plan: The plan; its text follows from it.
        features: Those that it is kept for: they were new when it came, or few chains had shown them.
        closeness: How near it came to a breach, 0 to 1.
        breach: Whether it was one.
        chosen: How many tries were made from it.
    """

    plan: Plan
    features: tuple[_Feature, ...] = ()
    closeness: float = 0.0
    breach: bool = False
    chosen: int = 0


class Corpus:
    """What has been seen, and the entries that are worth more tries.

    Features count for each objective by itself: what leads to one need not lead to another. Closeness in tenths is a
    feature too.

    Args:
        starts: Plans without mutations, kept from the beginning.
        largest: Entries that are kept.
    """

    def __init__(self, starts: Iterable[Plan], largest: int = LARGEST) -> None:
        self._entries = {plan.key: Entry(plan) for plan in starts}
        self._starts = frozenset(self._entries)
        self._counts: dict[_Feature, int] = {}
        self._chains: dict[_Feature, set[tuple[str, ...]]] = {}
        self._closest: dict[str, float] = {}
        self._largest = max(largest, len(self._starts) + 1)

    @property
    def entries(self) -> list[Entry]:
        """All that are kept, oldest first."""
        return list(self._entries.values())

    def observe(self, plan: Plan, features: Collection[str], closeness: float, breach: bool) -> bool:
        """Takes in what a try showed.

        Args:
            plan: What was tried.
            features: Its behaviour.
            closeness: How near it came to a breach, 0 to 1.
            breach: Whether it was one.

        Returns:
            Whether it showed a behaviour that no try for its objective had shown, or came closer than any.
        """
        self._count_parent(plan)
        near = f"closeness {math.floor(10 * closeness + 1e-9)}"
        seen = [(plan.objective, feature) for feature in sorted({*features, near})]
        new = self._count(seen)
        closer = closeness > self._closest.get(plan.objective, 0.0)
        if closer:
            self._closest[plan.objective] = closeness
        stands_for = self._represented(plan, seen)
        if stands_for or closer or plan.key in self._starts:
            chosen = self._entries[plan.key].chosen if plan.key in self._entries else 0
            self._entries[plan.key] = Entry(plan, stands_for, closeness, breach, chosen)
            self._forget()
        return new or closer

    def energy(self, entry: Entry) -> float:
        """How much an entry deserves to be worked on, above 0: rare features and closeness raise it, tries lower it."""
        counts = self._counts
        rarity = sum([1 / counts[feature] for feature in entry.features])
        return (_COMMON + rarity + _PULL * entry.closeness**2) / math.pow(1 + entry.chosen, _DECAY)

    def _count(self, seen: Iterable[_Feature]) -> bool:
        """Counts features; whether one of them is new."""
        new = False
        for feature in seen:
            if feature in self._counts:
                self._counts[feature] += 1
            elif len(self._counts) < MOST_FEATURES:
                self._counts[feature] = 1
                new = True
        return new

    def _represented(self, plan: Plan, seen: Iterable[_Feature]) -> tuple[_Feature, ...]:
        """The features that a plan is to stand for from now on."""
        chain = tuple(mutation.mutator for mutation in plan.mutations)
        stands_for = []
        for feature in seen:
            chains = self._chains.setdefault(feature, set()) if feature in self._counts else None
            if chains is not None and chain not in chains and len(chains) < REPRESENTATIVES:
                chains.add(chain)
                stands_for.append(feature)
        return tuple(stands_for)

    def _count_parent(self, plan: Plan) -> None:
        """The try counts for the entry with the longest chain that the plan begins with."""
        for length in range(len(plan.mutations) - 1, -1, -1):
            parent = self._entries.get(_cut(plan, plan.mutations[:length]).key)
            if parent is not None:
                parent.chosen += 1
                return

    def _forget(self) -> None:
        """Past the bound, a quarter of the entries that are no seeds go at once, so that they are seldom sorted."""
        if len(self._entries) > self._largest:
            others = [key for key in self._entries if key not in self._starts]
            others.sort(key=lambda key: self.energy(self._entries[key]))
            for key in others[: len(others) // 4 + 1]:
                del self._entries[key]


def _cut(plan: Plan, mutations: tuple[Mutation, ...]) -> Plan:
    return Plan(plan.objective, plan.seed, mutations)
