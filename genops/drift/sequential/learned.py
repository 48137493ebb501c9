"""Witnesses that are learned from the items seen so far, and what their means are at most under no change.

S. Shekhar and A. Ramdas, Nonparametric two-sample testing by betting, IEEE Transactions on Information Theory 70
(2024), arXiv:2112.09162: bet on a witness that past rows have shown to tell the two samples apart. Here it is the
difference of the mean features of recent items and of the reference, which is the witness of MMD (A. Gretton and
others, A kernel two-sample test, Journal of Machine Learning Research 13, 2012), and the same sharpened by the
reference's inverse covariance, Fisher's discriminant (Z. Harchaoui, F. Bach and E. Moulines, Testing for homogeneity
with kernel Fisher discriminant analysis, NeurIPS 2007). They are learned anew at items that are fixed beforehand, from
items before these alone.

The reference's rows that bound the mean of a reading have no part in the choice of the witness, which the others and
the stream make. So a bound for this one witness is enough, wrong with the probability that its turn is given; the
turns of a stream add up to what is allowed per item.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from genops.drift.sequential.allowance import chosen_bets, upper_means
from genops.drift.sequential.arrays import from_plain, to_plain
from genops.drift.sequential.exact import FINE, on_grid
from genops.drift.sequential.reading import widened
from genops.drift.sequential.scale import READINGS, Scale
from genops.drift.sequential.sessions import Items
from genops.stats.interval import Floats


@dataclass(frozen=True, slots=True)
class Memory:
    """How items are remembered.

    Attributes:
        name: How alarms tell of it.
        turn: Items from one learning to the next.
        kept: Weight of what was remembered before, at each turn.
        held: Most items of the reference that bound the means of readings.
    """

    name: str
    turn: int
    kept: float
    held: int

    @property
    def witnesses(self) -> tuple[str, str]:
        """Of the two that are learned with it, the difference of the means and the sharpened one."""
        return f"learned from {self.name}", f"learned from {self.name}, sharpened"


MEMORIES = (Memory("some hundred items", 250, 0.4, 1_000), Memory("some thousand items", 500, 0.8, 4_000))
"""A short one finds large changes soon, a long one finds small changes at all."""
LEARNED = tuple(witness for memory in MEMORIES for witness in memory.witnesses)
"""Witnesses that are learned."""


@dataclass(frozen=True, slots=True, eq=False)
class Material:
    """The reference, as far as witnesses are learned and bounded with it.

    Attributes:
        centre: Mean of the features of the items with which a witness is compared, of shape (D,).
        apart: These items' features without it, float32 of shape (a, D).
        inner: Inverse of their products with one another, ``spread`` times a added to each one's own, float32 of shape
            (a, a).
        spread: The mean variance of a feature.
        scaling: Items of further features, whose quantiles make the scale.
        held: Items of features that have no part in either.
    """

    centre: Floats
    apart: NDArray[np.float32]
    inner: NDArray[np.float32]
    spread: float
    scaling: Items
    held: Items

    @classmethod
    def of(cls, compared: Items, scaling: Items, held: Items) -> Material:
        """What can be known before the stream begins.

        Args:
            compared: Items of features.
            scaling: Items of features.
            held: Items of features.
        """
        means = compared.means(compared.rows)
        centre = means.mean(axis=0)
        apart = means - centre
        spread = float((apart**2).mean()) or 1.0
        inner = np.linalg.inv(apart @ apart.T + len(apart) * spread * np.eye(len(apart)))
        return cls(centre, apart.astype(np.float32), inner.astype(np.float32), spread, scaling, held)

    def sharpened(self, direction: Floats) -> Floats:
        """A direction times the inverse of the covariance, with its mean variance added to all.

        By the matrix inversion lemma, as there are fewer items than features or not many more.

        Args:
            direction: Of shape (D,).
        """
        narrow = direction.astype(np.float32)
        along = self.inner @ (self.apart @ narrow)
        return np.asarray((direction - along @ self.apart) / self.spread)


class Learner:
    """Learns witnesses with one memory, turn by turn: an item costs the same for ever, and so does what is kept.

    Args:
        material: Of the baseline.
        memory: How items are remembered.
        error: Allowed per item for bounds that are wrong.
        smallest: The share of new items that is no change yet.

    Attributes:
        items: How many it was given.
        means: Of the witnesses' readings in the reference, of shape (10,).
        bounds: What these are at most without a change of more than the smallest.
    """

    def __init__(self, material: Material, memory: Memory, error: float, smallest: float = 0.0) -> None:
        self._material, self._memory, self._smallest = material, memory, smallest
        self._held = material.held.part(0, min(memory.held, len(material.held)))
        self._error = error * memory.turn / (2 * len(READINGS))
        self._bets = np.tile(chosen_bets(_typical(material), len(self._held), self._error), 2)
        self.items = 0
        self._turn, self._past = (np.zeros(len(material.centre)) for _ in range(2))
        self._weight = 0.0
        self._witnesses: Floats | None = None
        self._scale: Scale | None = None
        self.means, self.bounds = np.ones(2 * len(READINGS)), np.ones(2 * len(READINGS))

    @property
    def left(self) -> int:
        """Items until it learns."""
        return self._memory.turn - self.items % self._memory.turn

    def read(self, items: Items) -> Floats:
        """The readings of each row, of shape (n, 10); 1, of which nothing can be won, before the first turn.

        Args:
            items: Of features.
        """
        if self._witnesses is None or self._scale is None:
            return np.ones((len(items.rows), len(self.bounds)))
        return self._scale.read(items.rows @ self._witnesses)

    def add(self, items: Items) -> None:
        """Remember items, which reach to the end of the turn at most, and learn where they do.

        Args:
            items: Of features.
        """
        features = items.rows if items.starts is None else on_grid(items.means(items.rows), FINE)
        due = self.left
        self._turn += features.sum(axis=0)
        self.items += len(items)
        if len(items) == due:
            self._learn()

    def state(self) -> dict[str, Any]:
        """All there is to know, in plain types."""
        return {
            "items": self.items,
            "turn": to_plain(self._turn),
            "past": to_plain(self._past),
            "weight": self._weight,
            "witnesses": None if self._witnesses is None else to_plain(self._witnesses),
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """Continue as if never stopped.

        Args:
            state: As ``state`` gave it.
        """
        self.items, self._weight = state["items"], state["weight"]
        self._turn, self._past = from_plain(state["turn"]), from_plain(state["past"])
        if state["witnesses"] is not None:
            self._use(from_plain(state["witnesses"]))

    def _learn(self) -> None:
        self._past = self._memory.kept * self._past + self._turn
        self._weight = self._memory.kept * self._weight + self._memory.turn
        self._turn = np.zeros(len(self._turn))
        plain = self._past / self._weight - self._material.centre
        both = np.stack([plain, self._material.sharpened(plain)], axis=1)
        lengths = np.linalg.norm(both, axis=0)
        self._use(on_grid(both / np.where(lengths > 0, lengths, 1), FINE))

    def _use(self, witnesses: Floats) -> None:
        """Bound the means of the witnesses' readings, at the error that a turn is given."""
        self._witnesses, self._scale = witnesses, Scale.fitted(_products(self._material.scaling.rows, witnesses))
        held, counts = self._held, None
        if held.starts is None:
            values, counts = self._scale.counted(_products(held.rows, witnesses))
        else:
            values = held.means(self._scale.read(_products(held.rows, witnesses)))
        self.means = np.average(values, axis=0, weights=counts)
        self.bounds = widened(upper_means(values, self._bets, self._error, counts), self._smallest)


def _products(rows: Floats, witnesses: Floats) -> Floats:
    """Rows times witnesses, one after the other: several times as fast for so few."""
    return np.stack([rows @ np.ascontiguousarray(witness) for witness in witnesses.T], axis=1)


def _typical(material: Material) -> Floats:
    """Readings of some witness, the distance from the centre, of shape (a, 5): others spread as these do."""
    scaling = material.scaling
    distances = np.linalg.norm(scaling.rows - material.centre, axis=1)[:, None]
    return scaling.means(Scale.fitted(distances).read(distances))
