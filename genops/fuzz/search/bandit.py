"""Which mutator is worth a try next: Thompson sampling, with a floor below which none falls.

O. Chapelle and L. Li, An empirical evaluation of Thompson sampling, NeurIPS 24 (2011).
"""

from __future__ import annotations

from collections.abc import Sequence
from random import Random


class Bandit:
    """Chooses among arms by how often each has paid.

    Each arm has a Beta posterior of its rate of success, from a uniform prior. The arm whose draw from its posterior
    is the highest is chosen, but for a share of all choices that goes to every arm alike.

    Args:
        arms: Names, unique.
        floor: The share of choices that every arm has an equal part in, 0 to 1.

    Raises:
        ValueError: There are no arms, or two of one name, or the floor is no share.
    """

    def __init__(self, arms: Sequence[str], floor: float = 0.2) -> None:
        if not arms or len(set(arms)) < len(arms):
            raise ValueError("a bandit has at least one arm, and a name for each")
        if not 0 <= floor <= 1:
            raise ValueError(f"the floor is a share of all choices, not {floor:g}")
        self._counts = {arm: [1, 1] for arm in arms}
        self._arms = list(arms)
        self._floor = floor

    def choose(self, rng: Random) -> str:
        """The arm to try next."""
        if rng.random() < self._floor:
            return rng.choice(self._arms)
        drawn = [_drawn(rng, paid, failed) for paid, failed in self._counts.values()]
        return self._arms[drawn.index(max(drawn))]

    def observe(self, arm: str, paid: bool) -> None:
        """Counts a try; one of an arm that is not among them is left out."""
        if arm in self._counts:
            self._counts[arm][0 if paid else 1] += 1

    def rate(self, arm: str) -> float:
        """The posterior mean of an arm's rate of success."""
        paid, failed = self._counts[arm]
        return paid / (paid + failed)


def _drawn(rng: Random, paid: int, failed: int) -> float:
    """A draw from Beta(paid, failed); of an arm that never paid, as most are, by the inverse of its distribution."""
    return 1 - rng.random() ** (1 / failed) if paid == 1 else rng.betavariate(paid, failed)
