"""The scale on which a witness is read: by its rank among the rows it was fitted to, and whether it is beyond them.

What a witness says of a row can be any number. A bet needs one between 0 and 1, and one that means something: the
rank, whose mean says how often a current row looks more changed than a reference row, sees a shift of the whole; the
shares of rows above high quantiles see the few rows of a new kind long before the rank does.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from genops.stats.interval import Floats

_RANKS: Floats = np.arange(1, 32) / 32
_TAILS = (0.9, 0.97, 0.99, 0.997)
READINGS = ("rank", *(f"share above the {tail:g} quantile" for tail in _TAILS))
"""What is read of each witness."""


@dataclass(frozen=True, slots=True, eq=False)
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
        for column in range(width):
            read[:, column, 0] = self.ranks[:, column].searchsorted(witness[:, column])
        read[:, :, 0] /= len(self.ranks)
        np.greater(witness[:, :, None], self.tails.T, out=read[:, :, 1:])
        return read.reshape(n, width * len(READINGS))
