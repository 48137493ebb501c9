"""Kernel matrices by all distances: one set of distances for every kernel of a shape, and half of each matrix."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

import numpy as np
from numpy.typing import NDArray

from genops.drift.kernels.discrepancy import Sums
from genops.drift.kernels.kernel import Kernel, Shape, distances_of
from genops.drift.kernels.points import Points
from genops.drift.relabelling import Relabellings

_ROWS = 256
_SMALL = 2_048


def kernel_matrices(points: Points, relabellings: Relabellings, kernels: Sequence[Kernel]) -> Iterator[Gram]:
    """The matrix of each kernel, in turn.

    Up to 2,048 rows all is float64, so that relabellings which exchange equal rows are equal; beyond that float32.

    Args:
        points: Both samples.
        relabellings: Of their rows.
        kernels: Those of one shape follow one another.
    """
    for shape, alike in groupby(kernels, lambda kernel: kernel.shape):
        distances = _distances(points, shape)
        for kernel in alike:
            yield Gram(kernel, distances, relabellings)


class Gram:
    """A kernel's matrix, made anew from the distances, a band of rows at a time, whenever it is asked.

    Args:
        kernel: The kernel.
        distances: Bands of the upper triangle.
        relabellings: Of the rows.
    """

    def __init__(self, kernel: Kernel, distances: Sequence[NDArray[np.floating]], relabellings: Relabellings) -> None:
        self._kernel = kernel
        self._distances = distances
        self._relabellings = relabellings
        self._n = len(relabellings.current)
        self._dtype = np.float64 if distances[0].dtype == np.float64 else np.float32

    def sums(self, columns: NDArray[np.float64]) -> Sums:
        """What is summed over it, with its product with a few columns, of shape (n, columns)."""
        forms = np.zeros(1 + self._relabellings.count)
        products = np.zeros(columns.shape)
        square = 0.0
        few = columns.astype(self._dtype)
        for part, weights in self._relabellings.blocks(self._dtype):
            for rows, band in self._bands():
                forms[part] += 2 * np.einsum("ib,ib->b", weights[rows], band @ weights[rows.start :])
                if not part.start:
                    products[rows] += band @ few[rows.start :]
                    products[rows.start :] += (few[rows].T @ band).T
                    corner = band[:, : len(band)]
                    square += 2 * float(np.vdot(band, band)) + 2 * float(np.vdot(corner, corner))
        return Sums(forms, products, np.zeros(self._n), square / (self._n * (self._n - 1)))

    def _bands(self) -> Iterator[tuple[slice, NDArray[np.floating]]]:
        """Rows of K from their diagonal to the right; the square on the diagonal is halved, for it is whole."""
        space = np.empty(_ROWS * self._n, dtype=self._dtype)
        start = 0
        for distances in self._distances:
            size = len(distances)
            band = self._kernel.values(distances, space[: distances.size].reshape(distances.shape))
            band[:, :size] /= 2
            yield slice(start, start + size), band
            start += size


def _distances(points: Points, shape: Shape) -> list[NDArray[np.floating]]:
    """Bands of the upper triangle; rows of one group are infinitely far from one another: their kernel is 0."""
    groups = points.samples.groups
    vectors = points[:]
    alone = int(groups.max()) + 1 == len(groups)
    dtype = np.float64 if len(vectors) <= _SMALL else np.float32
    bands = []
    for start in range(0, len(vectors), _ROWS):
        band = distances_of(shape, vectors[start : start + _ROWS], vectors[start:]).astype(dtype, copy=False)
        if alone:
            np.fill_diagonal(band, np.inf)
        else:
            band[groups[start : start + _ROWS, None] == groups[start:]] = np.inf
        bands.append(band)
    return bands
