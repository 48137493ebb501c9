"""The scale on which a witness is read: by its rank among the rows it was fitted to, and whether it is beyond them.

What a witness says of a row can be any number. A bet needs one between 0 and 1, and one that means something: the
rank, whose mean says how often a current row looks more changed than a reference row, sees a shift of the whole; the
shares of rows above high quantiles see the few rows of a new kind long before the rank does.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from genops.stats.interval import Floats

_RANKS: Floats = np.arange(1, 32) / 32
_TAILS = (0.9, 0.97, 0.99, 0.997)
READINGS = ("rank", *(f"share above the {tail:g} quantile" for tail in _TAILS))
"""What is read of each witness."""


@dataclass(frozen=True, eq=False)
class Scale:
    """Quantiles of witnesses.

    Attributes:
        ranks: Of shape (31, H).
        tails: Of shape (4, H).
    """

    ranks: Floats
    tails: Floats

    @classmethod
    def fitted(cls, witness: Floats) -> Scale:
        """The scale of the rows that witnesses were fitted to.

        Args:
            witness: Of shape (a, H).
        """
        ordered = np.sort(witness, axis=0)

        def quantiles(shares: Floats) -> Floats:
            return np.asarray(ordered[np.ceil(shares * len(ordered)).astype(np.intp) - 1])

        return cls(quantiles(_RANKS), quantiles(np.array(_TAILS)))

    def read(self, witness: Floats) -> Floats:
        """The readings of rows, between 0 and 1, of shape (n, 5 H): those of the first witness first.

        Args:
            witness: Of shape (n, H).
        """
        n, width = witness.shape
        read = np.empty((n, width, len(READINGS)))
        for column, (edges, readings) in enumerate(self._between):
            read[:, column] = readings[edges.searchsorted(witness[:, column])]
        return read.reshape(n, width * len(READINGS))

    def counted(self, witness: Floats) -> tuple[Floats, Floats]:
        """The readings that a row can have, of shape (36, 5 H), and how many rows have each, of the same shape.

        Args:
            witness: Of shape (n, H).
        """
        ordered = np.sort(witness.T)
        up_to = [row.searchsorted(edges, "right") for (edges, _), row in zip(self._between, ordered, strict=True)]
        counts = np.diff(np.array(up_to).T, axis=0, prepend=0, append=len(witness))
        readings = np.concatenate([readings for _, readings in self._between], axis=1)
        return readings, np.repeat(counts, len(READINGS), axis=1)

    @cached_property
    def _between(self) -> list[tuple[Floats, Floats]]:
        """Of each witness all quantiles in their order, and its readings above as many of them as the line's number."""
        found = []
        for column in range(self.ranks.shape[1]):
            edges = np.concatenate([self.ranks[:, column], self.tails[:, column]])
            order = edges.argsort(kind="stable")
            above = np.tri(len(edges) + 1, len(edges), -1)[:, order.argsort()]
            rank = above[:, : len(self.ranks)].sum(axis=1, keepdims=True) / len(self.ranks)
            found.append((edges[order], np.concatenate([rank, above[:, len(self.ranks) :]], axis=1)))
        return found
