"""Gaussian and Laplace kernels, as MMD-FUSE and MMDAgg write them."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt
from typing import Any, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from genops.drift.kernels.distances import cityblock, squared_euclidean

Shape: TypeAlias = Literal["gaussian", "laplace"]
"""A Gaussian kernel is of the squared Euclidean distance, a Laplace kernel of the city-block distance."""


@dataclass(frozen=True, slots=True)
class Kernel:
    """exp(-d² / (2 bandwidth²)) of the Euclidean, or exp(-√2 d / bandwidth) of the city-block distance d.

    Attributes:
        shape: Which of the two.
        bandwidth: In the unit of the vectors; above 0.
    """

    shape: Shape
    bandwidth: float

    def values(self, distances: NDArray[Any], out: NDArray[Any] | None = None) -> NDArray[Any]:
        """The kernel of each distance (:func:`distances_of`).

        Args:
            distances: Squared Euclidean or city-block; an infinite one gives 0.
            out: Where to write.
        """
        factor = -0.5 / self.bandwidth**2 if self.shape == "gaussian" else -sqrt(2) / self.bandwidth
        exponents = np.multiply(distances, distances.dtype.type(factor), out=out)
        return np.asarray(np.exp(exponents, out=exponents))

    def gram(self, rows: NDArray[Any], others: NDArray[Any]) -> NDArray[np.float64]:
        """The kernel of each row with each other, of shape (m, n)."""
        return self.values(distances_of(self.shape, rows, others).astype(np.float64, copy=False))


def distances_of(shape: Shape, rows: NDArray[Any], others: NDArray[Any]) -> NDArray[np.floating]:
    """The distances that a kernel of some shape is of, of shape (m, n): squared where they are Euclidean."""
    return squared_euclidean(rows, others) if shape == "gaussian" else cityblock(rows, others)
