"""What is asked of a kernel's matrix, however it is made."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, eq=False)
class Sums:
    """What is summed over a kernel's matrix K.

    Attributes:
        forms: w'Kw for the weights of every relabelling, of shape (1 + B,).
        products: K times the columns that were given, of shape (n, columns).
        own: What is to be taken off both for pairs of one group: of each row, its part of their sum, of shape (n,).
        mean_square: Of the entries of different rows.
    """

    forms: NDArray[np.float64]
    products: NDArray[np.float64]
    own: NDArray[np.float64]
    mean_square: float


class KernelMatrix(Protocol):
    """A kernel of all pairs of rows; which of its entries are ever at hand is its own matter."""

    def sums(self, columns: NDArray[np.float64]) -> Sums:
        """What is summed over it, with its product with a few columns, of shape (n, columns)."""
        ...
