"""Kernels approximated by random Fourier features, where there are too many rows for all distances.

A. Rahimi and B. Recht, Random features for large-scale kernel machines, NeurIPS 2007: for frequencies drawn from the
kernel's spectral density, the mean of cos(f'(x - y)) is the kernel of x and y. The density of the Gaussian kernel is
normal, that of the Laplace kernel a product of Cauchy densities. The approximation is a kernel itself, drawn without a
look at the labels: a test by it keeps its level exactly.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import sqrt, tau

import numpy as np
from numpy.typing import NDArray

from genops.drift.kernels.kernel import Kernel
from genops.drift.kernels.matrix import Sums
from genops.drift.kernels.points import Points
from genops.drift.relabelling import Relabellings

FREQUENCIES = 256
"""Of each kernel: its values are off by about a sixteenth, which averages out over pairs."""
_ROWS = 2_048
_SAMPLE = 4_096


def kernel_matrices(points: Points, relabellings: Relabellings, kernels: Sequence[Kernel]) -> Iterator[FourierMatrix]:
    """The approximate matrix of each kernel, in turn.

    Args:
        points: Both samples.
        relabellings: Of their rows.
        kernels: In the unit of ``points``.
    """
    random = np.random.default_rng([relabellings.seed, 3])
    for kernel in kernels:
        yield FourierMatrix(points, relabellings, frequencies(kernel, len(points.centre), FREQUENCIES, random))


def frequencies(kernel: Kernel, dimension: int, count: int, random: np.random.Generator) -> NDArray[np.floating]:
    """Draws frequencies from a kernel's spectral density, of shape (dimension, count).

    Those of a Laplace kernel are float64, for some are so large that the product with a row has no cosine in float32.

    Args:
        kernel: Gaussian or Laplace.
        dimension: Of the vectors.
        count: How many.
        random: What draws.
    """
    if kernel.shape == "gaussian":
        return (random.standard_normal((dimension, count)) / kernel.bandwidth).astype(np.float32)
    return random.standard_cauchy((dimension, count)) * (sqrt(2) / kernel.bandwidth)


def features(rows: NDArray[np.float64], drawn: NDArray[np.floating]) -> NDArray[np.float32]:
    """Cosines and sines of each row at each frequency, of shape (n, 2 frequencies) and unit length.

    Args:
        rows: Of shape (n, d).
        drawn: Of shape (d, frequencies).
    """
    phases = rows.astype(drawn.dtype, copy=False) @ drawn
    if phases.dtype == np.float64:
        phases -= tau * np.rint(phases / tau)
        phases = phases.astype(np.float32)
    count = drawn.shape[1]
    told = np.empty((len(rows), 2 * count), dtype=np.float32)
    np.cos(phases, out=told[:, :count])
    np.sin(phases, out=told[:, count:])
    told /= np.float32(sqrt(count))
    return told


class FourierMatrix:
    """ZZ' for features Z that are made anew, some rows at a time, whenever they are asked.

    Args:
        points: The rows.
        relabellings: Of them.
        drawn: The kernel's frequencies.
    """

    def __init__(self, points: Points, relabellings: Relabellings, drawn: NDArray[np.floating]) -> None:
        self._points = points
        self._relabellings = relabellings
        self._drawn = drawn

    def sums(self, columns: NDArray[np.float64]) -> Sums:
        """What is summed over it, with its product with a few columns, of shape (n, columns)."""
        counts = self._relabellings.current.sum(axis=0)
        above = (1 / counts).astype(np.float32)
        below = (-1 / (len(self._relabellings.current) - counts)).astype(np.float32)
        few = columns.astype(np.float32)
        by_weights = np.zeros((2 * self._drawn.shape[1], len(counts)))
        by_columns = np.zeros((2 * self._drawn.shape[1], columns.shape[1]))
        for rows, made in self._features():
            by_weights += made.T @ np.where(self._relabellings.current[rows], above, below)
            by_columns += made.T @ few[rows]
        products = np.vstack([made.astype(np.float64) @ by_columns for _, made in self._features()])
        forms = np.einsum("fb,fb->b", by_weights, by_weights)
        return Sums(forms, products, self._own(), self._mean_square())

    def _own(self) -> NDArray[np.float64]:
        groups = self._points.samples.groups
        sizes = np.bincount(groups)
        if len(sizes) == len(groups):
            return np.ones(len(groups))
        squares = np.empty(len(sizes))
        last, kept = -1, np.zeros(2 * self._drawn.shape[1])
        order = np.argsort(groups, kind="stable")
        for place, made in self._features(order):
            names, starts = np.unique(groups[order[place]], return_index=True)
            sums = np.add.reduceat(made, starts, axis=0, dtype=np.float64)
            if names[0] == last:
                sums[0] += kept
            squares[names] = np.einsum("gf,gf->g", sums, sums)
            last, kept = names[-1], sums[-1]
        return np.asarray((squares / sizes)[groups])

    def _mean_square(self) -> float:
        """Over at most 4,096 drawn rows."""
        random = np.random.default_rng([self._relabellings.seed, 4])
        rows = random.permutation(self._points.samples.n)[:_SAMPLE]
        made = features(self._points[rows], self._drawn)
        square = made.T @ made
        return max(0.0, float(np.vdot(square, square)) - len(rows)) / (len(rows) * (len(rows) - 1))

    def _features(self, order: NDArray[np.intp] | None = None) -> Iterator[tuple[slice, NDArray[np.float32]]]:
        """Places in the order, some at a time, and the features of the rows there."""
        for start in range(0, self._points.samples.n, _ROWS):
            place = slice(start, start + _ROWS)
            yield place, features(self._points[place if order is None else order[place]], self._drawn)
