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

from genops.drift.sequential.allowance import upper_means
from genops.drift.sequential.arrays import from_plain, to_plain
from genops.drift.sequential.exact import FINE, on_grid
from genops.drift.sequential.scale import READINGS, Scale
from genops.drift.sequential.sessions import Items
from genops.stats.interval import Floats

TURN, _FIRST = 500, 125
WITNESSES = (
    f"learned from the last {TURN} items",
    f"learned from the last {TURN} items, sharpened",
    "learned from some thousand items",
    "learned from some thousand items, sharpened",
)
_KEPT = 0.875
"""Of the long memory at each turn: it spans about 4,000 items."""


@dataclass(frozen=True, slots=True, eq=False)
class Material:
    """The reference, as far as witnesses are learned and bounded with it.

    Attributes:
        centre: Mean of the features of the items with which a witness is compared, of shape (D,).
        sharpen: The inverse of their covariance, with its mean variance added to all, of shape (D, D).
        scaling: Features of further rows, whose quantiles make the scale, of shape (a, D).
        held: Items of features that have no part in either.
        bets: By which the mean of each kind of reading is bounded, of shape (5,).
    """

    centre: Floats
    sharpen: Floats
    scaling: Floats
    held: Items
    bets: Floats

    @classmethod
    def of(cls, compared: Items, scaling: Items, held: Items, bets: Floats) -> Material:
        """What can be known before the stream begins.

        Args:
            compared: Items of features.
            scaling: Items of features.
            held: Items of features.
            bets: By which readings are bounded.
        """
        means = compared.means(compared.rows)
        centre = means.mean(axis=0)
        apart = means - centre
        covariance = apart.T @ apart / len(apart)
        spread = float(np.trace(covariance)) / len(covariance) or 1.0
        sharpen = np.linalg.inv(covariance + spread * np.eye(len(covariance)))
        return cls(centre, sharpen, scaling.rows, held, bets)


class Learner:
    """Learns witnesses, turn by turn: an item costs the same for ever, and so does its state.

    Args:
        material: Of the baseline.
        error: Allowed per item for bounds that are wrong.
    """

    def __init__(self, material: Material, error: float) -> None:
        self._material, self._error = material, error
        width, readings = len(material.centre), len(WITNESSES) * len(READINGS)
        self.items = 0
        self._turn, self._taken = np.zeros(width), 0
        self._memory, self._weight = np.zeros(width), 0.0
        self._weights: Floats | None = None
        self._length = 0
        self._scale: Scale | None = None
        self.means, self.bounds = np.ones(readings), np.ones(readings)

    @property
    def left(self) -> int:
        """Items until the next turn."""
        due = _FIRST
        while due <= self.items and due < TURN:
            due *= 2
        return due - self.items if self.items < due else TURN - self.items % TURN

    def read(self, items: Items) -> Floats:
        """The readings of each row, of shape (n, R); 1, of which nothing can be won, before the first turn.

        Args:
            items: Of features.
        """
        if self._weights is None or self._scale is None:
            return np.ones((len(items.rows), len(self.bounds)))
        return self._scale.read(items.rows @ self._weights)

    def add(self, items: Items) -> None:
        """Remember items, which reach to the next turn at most, and take it where they do.

        Args:
            items: Of features.
        """
        features = items.rows if items.starts is None else on_grid(items.means(items.rows), FINE)
        due = self.left
        self._turn += features.sum(axis=0)
        self._taken += len(items)
        self.items += len(items)
        if len(items) == due:
            self._learn()

    def state(self) -> dict[str, Any]:
        """All there is to know, in plain types."""
        return {
            "items": self.items,
            "turn": to_plain(self._turn),
            "taken": self._taken,
            "memory": to_plain(self._memory),
            "weight": self._weight,
            "weights": None if self._weights is None else to_plain(self._weights),
            "length": self._length,
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """Continue as if never stopped.

        Args:
            state: As ``state`` gave it.
        """
        self.items, self._taken, self._weight = state["items"], state["taken"], state["weight"]
        self._turn, self._memory = from_plain(state["turn"]), from_plain(state["memory"])
        if state["weights"] is not None:
            self._use(from_plain(state["weights"]), state["length"])

    def _learn(self) -> None:
        kept = _KEPT ** (self._taken / TURN)
        self._memory = kept * self._memory + self._turn
        self._weight = kept * self._weight + self._taken
        both = np.stack([self._turn / self._taken, self._memory / self._weight], axis=1)
        plain = both - self._material.centre[:, None]
        sharp = self._material.sharpen @ plain
        raw = np.stack([plain[:, 0], sharp[:, 0], plain[:, 1], sharp[:, 1]], axis=1)
        lengths = np.linalg.norm(raw, axis=0)
        self._use(on_grid(raw / np.where(lengths > 0, lengths, 1), FINE), self._taken)
        self._turn, self._taken = np.zeros(len(self._turn)), 0

    def _use(self, weights: Floats, length: int) -> None:
        """Bound the means of the witnesses' readings, at the error that a turn of some length is given."""
        material = self._material
        self._weights, self._length = weights, length
        across = np.ascontiguousarray(weights.T)
        self._scale = Scale.fitted((across @ material.scaling.T).T)
        held = material.held.means(self._scale.read((across @ material.held.rows.T).T))
        own = self._error * length / held.shape[1]
        self.means, self.bounds = held.mean(axis=0), upper_means(held, np.tile(material.bets, len(WITNESSES)), own)
