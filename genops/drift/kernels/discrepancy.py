"""The squared maximum mean discrepancy (MMD) of two samples under every relabelling, kernel by kernel.

A. Gretton, K. M. Borgwardt, M. J. Rasch, B. Schölkopf and A. Smola, A kernel two-sample test, JMLR 13 (2012).

It is the unbiased estimate (a U-statistic): the mean kernel of two current rows, plus that of two reference rows, less
twice that of one of each. Where rows have groups, a pair of one group counts nowhere: it is on one side in every
relabelling, and its likeness says nothing of the windows. Each relabelling has its own means, for where groups differ
in size, relabellings differ in rows. With the weights w of a difference of means and the kernel matrix K without pairs
of one group, all of it comes from w'Kw, the row sums of K and numbers of pairs, so that one product K W serves all
relabellings.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt
from typing import Any

import numpy as np
from numpy.typing import NDArray

from genops.drift.kernels import fourier, gram
from genops.drift.kernels.kernel import Kernel
from genops.drift.kernels.points import Points
from genops.drift.relabelling import Relabellings
from genops.drift.samples import Codes, Samples

MEMORY_MIB = 256
"""For a kernel matrix in float32 when nothing is said: 8,192 rows, which take seconds with twenty kernels."""
_CHUNK = 8_000_000


@dataclass(frozen=True, slots=True, eq=False)
class Discrepancy:
    """What one kernel tells of two samples.

    Attributes:
        kernel: The kernel; its bandwidth is in the unit of the vectors.
        statistics: The unbiased squared MMD under every relabelling, of shape (1 + B,).
        unit: In which kernels of different width can be compared: the root mean square of the kernel over pairs of
            different rows, whatever their labels; 1 where all of these are 0.
        outside: The unbiased squared MMD, as labelled, of the rows outside each fold, of shape (folds,).
        witness: For each row the mean kernel with the current rows outside its fold, less that with the reference rows
            outside it, of shape (n,).
    """

    kernel: Kernel
    statistics: NDArray[np.float64]
    unit: float
    outside: NDArray[np.float64]
    witness: NDArray[np.float64]


def discrepancies(
    points: Points,
    relabellings: Relabellings,
    folds: Codes,
    kernels: Sequence[Kernel],
    memory_mib: int = MEMORY_MIB,
) -> list[Discrepancy]:
    """What each kernel tells.

    Args:
        points: Both samples.
        relabellings: Of their rows.
        folds: Of their rows.
        kernels: In the unit of ``points``. Those of one shape follow one another: they share their distances.
        memory_mib: For a kernel matrix in float32. A larger one is not made: its kernel is approximated by random
            Fourier features.
    """
    samples = points.samples
    outside = _Outside.of(samples, folds)
    columns = np.column_stack([np.ones(samples.n), outside.columns])
    made = gram if fits(samples.n, memory_mib) else fourier
    forms, row_sums, own, told = [], [], [], []
    for kernel, matrix in zip(kernels, made.kernel_matrices(points, relabellings, kernels), strict=True):
        sums = matrix.sums(columns)
        products = sums.products - sums.own[:, None] * columns
        forms.append(sums.forms)
        row_sums.append(products[:, 0].copy())
        own.append(sums.own)
        at_scale = Kernel(kernel.shape, kernel.bandwidth * points.scale)
        told.append((at_scale, sqrt(sums.mean_square) or 1.0, *outside.told(products[:, 1:])))
    statistics = _unbiased(samples, relabellings, np.stack(forms), np.stack(row_sums), np.stack(own))
    return [Discrepancy(one[0], statistic, *one[1:]) for one, statistic in zip(told, statistics, strict=True)]


def fits(n: int, memory_mib: int) -> bool:
    """Whether the kernel matrix of n rows in float32 fits."""
    return 4 * n * n <= memory_mib * 2**20


def _unbiased(
    samples: Samples,
    relabellings: Relabellings,
    forms: NDArray[np.float64],
    row_sums: NDArray[np.float64],
    own: NDArray[np.float64],
) -> NDArray[np.float64]:
    """The unbiased squared MMD of every kernel under every relabelling, of shape (kernels, 1 + B).

    With a, r and c the sums of K over current, reference and mixed pairs, w'Kw = a / n² + r / m² - 2c / (mn), and the
    row sums give a + c and r + c. So c is known, and a and r; the means over pairs of different groups differ from w'Kw
    by little, so that its precision is kept.

    Args:
        samples: The rows.
        relabellings: Of them.
        forms: w'Kw of each kernel, of shape (kernels, 1 + B).
        row_sums: Of each kernel without pairs of one group, of shape (kernels, n).
        own: What ``forms`` still holds of those pairs, of shape (kernels, n).
    """
    sizes = _sizes(samples)
    n, within, *rest = _totals(np.vstack([np.ones(samples.n), sizes, row_sums, own]), relabellings)
    m = samples.n - n
    of_current, own_current = np.split(np.array(rest), 2)
    of_reference = row_sums.sum(axis=1, keepdims=True) - of_current
    own_reference = own.sum(axis=1, keepdims=True) - own_current
    forms = forms - own_current / n**2 - own_reference / m**2
    mixed = (of_current / n**2 + of_reference / m**2 - forms) / (1 / n + 1 / m) ** 2
    return np.asarray(
        forms
        + (of_current - mixed) * _correction(n, n**2 - within)
        + (of_reference - mixed) * _correction(m, m**2 - (sizes.sum() - within))
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Outside:
    """Each window's rows outside each fold: first the current one's columns, then the reference's."""

    samples: Samples
    folds: Codes
    columns: NDArray[np.float64]

    @classmethod
    def of(cls, samples: Samples, folds: Codes) -> _Outside:
        outside = folds[:, None] != np.arange(int(folds.max()) + 1)
        sides = samples.is_current[:, None]
        return cls(samples, folds, np.hstack([outside & sides, outside & ~sides]).astype(np.float64))

    def told(self, products: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """The unbiased squared MMD outside each fold, and the witness."""
        current, reference = np.hsplit(self.columns, 2)
        by_current, by_reference = np.hsplit(products, 2)
        sizes = _sizes(self.samples)
        n, m = current.sum(axis=0), reference.sum(axis=0)
        told = (
            (current * by_current).sum(axis=0) / np.maximum(1, n**2 - sizes @ current)
            + (reference * by_reference).sum(axis=0) / np.maximum(1, m**2 - sizes @ reference)
            - 2 * (reference * by_current).sum(axis=0) / np.maximum(1, n * m)
        )
        means = by_current / np.maximum(1, n) - by_reference / np.maximum(1, m)
        means *= (n > 0) & (m > 0)
        return told, np.take_along_axis(means, self.folds[:, None], axis=1)[:, 0]


def _sizes(samples: Samples) -> NDArray[np.float64]:
    """Rows of each row's group."""
    return np.bincount(samples.groups)[samples.groups].astype(np.float64)


def _correction(rows: NDArray[np.float64], pairs: NDArray[np.float64]) -> NDArray[np.float64]:
    """From the mean over all pairs of rows to that over pairs of different groups, of which there may be none."""
    return np.where(pairs > 0, 1 / np.maximum(pairs, 1) - 1 / rows**2, 0)


def _totals(values: NDArray[np.float64], relabellings: Relabellings) -> NDArray[np.float64]:
    """Sums of values (k, n) over the current rows of every relabelling, of shape (k, 1 + B)."""
    current: NDArray[Any] = relabellings.current
    size = max(1, _CHUNK // len(current))
    starts = range(0, current.shape[1], size)
    return np.hstack([values @ current[:, at : at + size].astype(np.float64) for at in starts])
