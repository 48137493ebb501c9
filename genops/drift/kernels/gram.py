"""Kernel matrices by all distances: one set of distances for every kernel of a shape, and half of each matrix."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import groupby

import numpy as np
from numpy.typing import NDArray

from genops.drift.kernels.kernel import Kernel, Shape, distances_of
from genops.drift.kernels.matrix import Sums
from genops.drift.kernels.points import Points
from genops.drift.kernels.quadratic import precision, quadratic_forms, upper_bands
from genops.drift.relabelling import Relabellings
from genops.drift.samples import Codes


def kernel_matrices(points: Points, relabellings: Relabellings, kernels: Sequence[Kernel]) -> Iterator[Gram]:
    """The matrix of each kernel, in turn.

    Its rows are in a drawn order. Where rows are equal, relabellings tie but for rounding, and the observed one is the
    only one with the windows in one piece each: in their own order it would be rounded in a way of its own.

    Args:
        points: Both samples.
        relabellings: Of their rows.
        kernels: Those of one shape follow one another.
    """
    order = np.random.default_rng([relabellings.seed, 7]).permutation(points.samples.n)
    weights = _weights(relabellings, order)
    for shape, alike in groupby(kernels, lambda kernel: kernel.shape):
        distances = _distances(points, shape, order)
        for kernel in alike:
            yield Gram(kernel, distances, order, 1 + relabellings.count, weights)


class Gram:
    """A kernel's matrix, made anew from the distances, a band of rows at a time, whenever it is asked.

    Args:
        kernel: The kernel.
        distances: Bands of the upper triangle, by their first row.
        order: Numbers of the rows, in the order of those bands.
        count: Relabellings, the observed labels among them.
        weights: Of some of the relabellings.
    """

    def __init__(
        self,
        kernel: Kernel,
        distances: Mapping[int, NDArray[np.floating]],
        order: Codes,
        count: int,
        weights: Callable[[slice], NDArray[np.floating]],
    ) -> None:
        self._kernel = kernel
        self._distances = distances
        self._order = order
        self._count = count
        self._weights = weights
        self._space = np.empty_like(distances[0]).ravel()

    def sums(self, columns: NDArray[np.float64]) -> Sums:
        """What is summed over it, with its product with a few columns, of shape (n, columns)."""
        n = len(columns)
        forms, ordered = quadratic_forms(self._entries, self._count, self._weights, columns[self._order])
        products = np.empty_like(ordered)
        products[self._order] = ordered
        squares = 0.0
        for _, band in upper_bands(self._entries, n):
            corner = band[:, : len(band)]
            squares += 2 * float(np.vdot(band, band)) - float(np.vdot(corner, corner))
        return Sums(forms, products, np.zeros(n), squares / (n * (n - 1)))

    def _entries(self, rows: slice, others: slice) -> NDArray[np.floating]:
        distances = self._distances[rows.start]
        return self._kernel.values(distances, self._space[: distances.size].reshape(distances.shape))


def _distances(points: Points, shape: Shape, order: Codes) -> dict[int, NDArray[np.floating]]:
    """Bands of the upper triangle; rows of one group are infinitely far from one another: their kernel is 0."""
    groups = points.samples.groups[order]
    alone = int(groups.max()) + 1 == len(groups)
    vectors = points[order]

    def distances(rows: slice, others: slice) -> NDArray[np.floating]:
        told = distances_of(shape, vectors[rows], vectors[others]).astype(precision(len(vectors)), copy=False)
        if alone:
            np.fill_diagonal(told, np.inf)
        else:
            told[groups[rows, None] == groups[others]] = np.inf
        return told

    return {rows.start: band for rows, band in upper_bands(distances, len(vectors))}


def _weights(relabellings: Relabellings, order: Codes) -> Callable[[slice], NDArray[np.floating]]:
    """Weights of some relabellings; the last ones are kept, for kernels ask for the same again."""
    dtype = precision(len(relabellings.current))
    kept: dict[int, NDArray[np.floating]] = {}

    def weights(part: slice) -> NDArray[np.floating]:
        if part.start not in kept:
            kept.clear()
            kept[part.start] = replace(relabellings, current=relabellings.current[:, part][order]).weights(dtype)
        return kept[part.start]

    return weights
