"""The corpus: plans that showed something new, and how much work each deserves.

As in AFL, a try is kept when it reaches a feature that none before it did; here also when it comes closer to a breach.
The energy of an entry follows M. Böhme, V.-T. Pham and A. Roychoudhury, Coverage-based greybox fuzzing as Markov chain
(AFLFast), CCS 2016: less for what many tries have shown and for what has been worked on often; and M. Böhme,
V. J. M. Manès and S. K. Cha, Boosting fuzzer efficiency: an information theoretic perspective (Entropic), FSE 2020: the
rarer its features, the more an entry still has to tell.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from genops.fuzz.attack import Mutation
from genops.fuzz.search.plan import Plan

LARGEST = 2_000
"""Entries that are kept: past it, those of least energy go."""
MOST_FEATURES = 1 << 16
"""Features that are told apart, as in AFL's map: a target can make up more of them than any memory holds."""
_COMMON = 0.05
_PULL = 4.0


@dataclass(slots=True)
class Entry:
    """A plan that is kept.

    Attributes:
        plan: The plan; its text follows from it.
        features: Those that were new when it came.
        closeness: How near it came to a breach, 0 to 1.
        breach: Whether it was one.
        chosen: How many tries were made from it.
    """

    plan: Plan
    features: tuple[str, ...] = ()
    closeness: float = 0.0
    breach: bool = False
    chosen: int = 0


class Corpus:
    """What has been seen, and the entries that are worth more tries.

    Features count for each objective by itself: what leads to one need not lead to another.

    Args:
        starts: Plans without mutations, kept from the beginning.
        largest: Entries that are kept.
    """

    def __init__(self, starts: Iterable[Plan], largest: int = LARGEST) -> None:
        self._entries = {plan.key: Entry(plan) for plan in starts}
        self._starts = frozenset(self._entries)
        self._counts: Counter[tuple[str, str]] = Counter()
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
        new = tuple(sorted(feature for feature in features if self._is_new(plan.objective, feature)))
        for feature in features:
            if (plan.objective, feature) in self._counts or len(self._counts) < MOST_FEATURES:
                self._counts[plan.objective, feature] += 1
        closer = closeness > self._closest.get(plan.objective, 0.0)
        self._closest[plan.objective] = max(closeness, self._closest.get(plan.objective, 0.0))
        if new or closer or plan.key in self._starts:
            chosen = self._entries[plan.key].chosen if plan.key in self._entries else 0
            self._entries[plan.key] = Entry(plan, new, closeness, breach, chosen)
            self._forget()
        return bool(new or closer)

    def energy(self, entry: Entry) -> float:
        """How much an entry deserves to be worked on, above 0: rare features and closeness raise it, tries lower it."""
        counts = (self._counts[entry.plan.objective, feature] for feature in entry.features)
        rarity = sum(1 / count for count in counts) if entry.features else 0.0
        return (_COMMON + rarity) * (1 + _PULL * entry.closeness) / (1 + entry.chosen)

    def _is_new(self, objective: str, feature: str) -> bool:
        return (objective, feature) not in self._counts and len(self._counts) < MOST_FEATURES

    def _count_parent(self, plan: Plan) -> None:
        """The try counts for the entry with the longest chain that the plan begins with."""
        for length in range(len(plan.mutations) - 1, -1, -1):
            parent = self._entries.get(_cut(plan, plan.mutations[:length]).key)
            if parent is not None:
                parent.chosen += 1
                return

    def _forget(self) -> None:
        if len(self._entries) > self._largest:
            others = (entry for key, entry in self._entries.items() if key not in self._starts)
            del self._entries[min(others, key=self.energy).plan.key]


def _cut(plan: Plan, mutations: tuple[Mutation, ...]) -> Plan:
    return Plan(plan.objective, plan.seed, mutations)
