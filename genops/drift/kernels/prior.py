"""How much each of many kernels should count, when several of them are nearly the same."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from genops.drift.kernels.kernel import Kernel
from genops.drift.kernels.points import Points

ROWS = 200


def prior_weights(points: Points, kernels: Sequence[Kernel], seed: int) -> NDArray[np.float64]:
    """A weight for each kernel, of shape (kernels,), adding up to 1: nearly equal kernels share what one would have.

    Evenly spaced widths of clustered vectors are many kernels that see the clusters and one that sees into them; if all
    count alike, the chance of the many hides what the one sees. A kernel's weight is one by the sum of its squared
    alignments with all of them: the cosine of their centred matrices, of different rows (N. Cristianini, J.
    Shawe-Taylor, A. Elisseeff and J. Kandola, On kernel-target alignment, NeurIPS 2001). No label has a part in it.

    Args:
        points: Of both samples.
        kernels: In the unit of ``points``.
        seed: Of the rows that are drawn where there are more than 200.
    """
    n = points.samples.n
    chosen = np.arange(n) if n <= ROWS else np.random.default_rng([seed, 6]).choice(n, ROWS, replace=False)
    rows = points[chosen]
    centred = np.stack([_centred(kernel.gram(rows, rows)) for kernel in kernels])
    alignments = centred @ centred.T
    np.fill_diagonal(alignments, 1)
    weights = 1 / np.square(alignments).sum(axis=1)
    return np.asarray(weights / weights.sum())


def _centred(matrix: NDArray[np.float64]) -> NDArray[np.float64]:
    """Without the diagonal and the means of rows and columns, of length 1 and shape (n²,); 0 where nothing is left."""
    np.fill_diagonal(matrix, 0)
    means = matrix.mean(axis=0)
    matrix += means.mean() - means - means[:, None]
    np.fill_diagonal(matrix, 0)
    flat = matrix.ravel()
    return np.asarray(flat / (np.linalg.norm(flat) or 1.0))
