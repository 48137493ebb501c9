"""The least-squares density difference: the squared distance of two densities, without either."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, NonNegativeInt, PositiveFloat, PositiveInt
from scipy import linalg

from genops.drift.kernels.distances import squared_euclidean
from genops.drift.kernels.points import Points
from genops.drift.relabelling import Relabellings
from genops.drift.samples import Codes, Samples
from genops.drift.two_sample import Tested, folds_of, two_sample

_BLOCK = 4_000_000
_ROUNDING = 1e-9

Choices = Annotated[tuple[PositiveFloat, ...], Field(min_length=1)]


@two_sample("lsdd", of="vectors")
def lsdd(
    samples: Samples,
    relabellings: Relabellings,
    components: NonNegativeInt = 30,
    centres: PositiveInt = 200,
    widths: Choices = (0.25, 0.5, 1.0),
    penalties: Choices = (0.01, 0.1, 1.0),
) -> Tested:
    """The squared L2 distance of the windows' densities, by a model of their difference fitted by least squares.

    M. Sugiyama et al., Density-difference estimation, Neural Computation 25 (2013), arXiv:1207.0099, whose model is
    a sum of Gaussian bumps on some of the rows; L. Bu, C. Alippi and D. Zhao, A pdf-free change detection test based on
    density difference estimation, IEEE Transactions on Neural Networks and Learning Systems 29 (2018), who choose the
    penalty without a fit of either density. The model's matrix has no label in it: it is factored once a width, and
    what is left for every relabelling and penalty is a product. Width and penalty are chosen for each relabelling anew,
    as the pair whose distance stands out most among all relabellings, so that choosing costs no validity.

    Densities of hundreds of dimensions cannot be estimated, and their normalising constants are too small for a float:
    the rows are first projected to the leading principal components of both windows together, and a change in the
    others is not seen. A constant that all relabellings share is left out, so that the distance has no unit.

    The witness is the model of the difference, fitted and chosen without the row's fold.

    Args:
        samples: Of vectors.
        relabellings: Which calibrate it.
        components: How many principal components are kept; 0 for all.
        centres: Gaussian bumps, on rows that are drawn from both windows together.
        widths: Of the bumps, as multiples of the median distance of two rows.
        penalties: On the coefficients, where a bump's own entry in the model's matrix is 1.
    """
    points = Points.of(samples)
    folds = folds_of(samples, relabellings.seed)
    if not points.scale:
        return Tested(0.0, 1.0, np.zeros(samples.n), folds)
    rows, kept = principal_components(points[:], components or samples.values.shape[1])
    drawn = np.random.default_rng([relabellings.seed, 4]).permutation(samples.n)[:centres]
    squared = squared_euclidean(rows, rows[drawn])
    positive = squared[squared > 0]
    median = float(np.sqrt(np.median(positive))) if len(positive) else 1.0
    ridges = np.array(penalties)
    told = [_Model.of(squared, drawn, width * median, ridges).told(relabellings, folds) for width in widths]
    outstanding, best = _outstanding(np.vstack([one.distances for one in told]))
    witness = np.zeros(samples.n)
    for fold in np.unique(folds):
        chosen = _outstanding(np.vstack([one.outside[fold] for one in told]))[1]
        one = told[chosen // len(ridges)]
        witness[folds == fold] = one.differences[folds == fold, chosen % len(ridges)]
    details = {
        "components": rows.shape[1],
        "variance_kept": kept,
        "width": widths[best // len(ridges)] * median * points.scale,
        "penalty": penalties[best % len(ridges)],
    }
    return Tested(float(outstanding[0]), relabellings.p_value(outstanding), witness, folds, details)


def principal_components(rows: NDArray[np.float64], count: int) -> tuple[NDArray[np.float64], float]:
    """Rows around their mean in so many coordinates along which they vary most, and the share of the variance kept.

    Args:
        rows: Of shape (n, d), of mean 0.
        count: How many; with d or more the rows stay as they are.
    """
    n, d = rows.shape
    if count >= d:
        return rows, 1.0
    squares = rows.T @ rows if d <= n else rows @ rows.T
    count = min(count, n)
    lengths, axes = linalg.eigh(squares, subset_by_index=(len(squares) - count, len(squares) - 1))
    projected = rows @ axes if d <= n else axes * np.sqrt(np.maximum(lengths, 0))
    return np.asarray(projected), float(lengths.sum() / np.trace(squares))


@dataclass(frozen=True, slots=True, eq=False)
class _Told:
    """What models of one width tell, by their penalties.

    Attributes:
        distances: Of the windows under each relabelling, of shape (penalties, 1 + B).
        outside: Of each fold, the same of the rows outside it.
        differences: The model of the density difference at each row, fitted to the observed rows outside its fold, of
            shape (n, penalties).
    """

    distances: NDArray[np.float64]
    outside: list[NDArray[np.float64]]
    differences: NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class _Model:
    """Gaussian bumps in the basis in which the model's matrix is diagonal.

    Attributes:
        bumps: Each row's value in the basis, of shape (n, centres).
        diagonal: The matrix, of shape (centres,): integrals of products of bumps, over that of a bump with itself.
        penalties: On the coefficients.
    """

    bumps: NDArray[np.float64]
    diagonal: NDArray[np.float64]
    penalties: NDArray[np.float64]

    @classmethod
    def of(cls, squared: NDArray[np.float64], centres: Codes, width: float, penalties: NDArray[np.float64]) -> _Model:
        """Factors the matrix.

        Args:
            squared: Distances of all rows and the centres, of shape (n, centres).
            centres: Numbers of the rows that are centres.
            width: Of a bump.
            penalties: On the coefficients.
        """
        values, basis = linalg.eigh(np.exp(-squared[centres] / (4 * width**2)))
        return cls(np.exp(-squared / (2 * width**2)) @ basis, np.maximum(values, 0), penalties)

    def told(self, relabellings: Relabellings, folds: Codes) -> _Told:
        """What it tells of all rows, and of those outside each fold."""
        inside = [np.flatnonzero(folds == fold) for fold in range(int(folds.max()) + 1)]
        sums = np.stack([self._sums(relabellings, rows) for rows in inside])
        counts = np.stack([relabellings.current[rows].sum(axis=0) for rows in inside])
        every = np.stack([self.bumps[rows].sum(axis=0) for rows in inside])
        sizes = np.array([len(rows) for rows in inside])
        outside, differences = [], np.zeros((len(folds), len(self.penalties)))
        for fold, rows in enumerate(inside):
            means = _differences(
                sums.sum(axis=0) - sums[fold],
                counts.sum(axis=0) - counts[fold],
                every.sum(axis=0) - every[fold],
                int(sizes.sum() - sizes[fold]),
            )
            outside.append(self._distances(means))
            differences[rows] = self.bumps[rows] @ (means[:, :1] / (self.diagonal[:, None] + self.penalties))
        means = _differences(sums.sum(axis=0), counts.sum(axis=0), every.sum(axis=0), int(sizes.sum()))
        return _Told(self._distances(means), outside, differences)

    def _sums(self, relabellings: Relabellings, rows: Codes) -> NDArray[np.float64]:
        """Of the bumps over those current rows that are among some, by relabelling: (centres, 1 + B)."""
        size = max(1, _BLOCK // max(1, len(rows)))
        bumps = self.bumps[rows].T
        starts = range(0, 1 + relabellings.count, size)
        return np.hstack([bumps @ relabellings.current[rows, at : at + size].astype(np.float64) for at in starts])

    def _distances(self, means: NDArray[np.float64]) -> NDArray[np.float64]:
        """2 h't - t'Ht for the coefficients t = (H + penalty)^-1 h, by penalty and relabelling.

        Args:
            means: h, the differences of the bumps' means, of shape (centres, 1 + B).
        """
        diagonal, penalties = self.diagonal, self.penalties[:, None]
        return np.asarray((diagonal + 2 * penalties) / (diagonal + penalties) ** 2 @ means**2)


def _differences(
    sums: NDArray[np.float64], counts: NDArray[np.intp], every: NDArray[np.float64], n: int
) -> NDArray[np.float64]:
    """Of means, current minus reference; 0 where a relabelling has no rows on one side."""
    means = sums / np.maximum(counts, 1) - (every[:, None] - sums) / np.maximum(n - counts, 1)
    return np.asarray(means * ((counts > 0) & (counts < n)))


def _outstanding(distances: NDArray[np.float64]) -> tuple[NDArray[np.float64], int]:
    """How many spreads each relabelling's distance is above their mean, by the choice where it is most; the observed's.

    Args:
        distances: By choice and relabelling.
    """
    apart = distances - distances.mean(axis=1, keepdims=True)
    spread = distances.std(axis=1, keepdims=True)
    apart = np.where(spread > _ROUNDING * np.abs(distances).max(), apart / np.where(spread, spread, 1), 0)
    return apart.max(axis=0), int(apart[:, 0].argmax())
