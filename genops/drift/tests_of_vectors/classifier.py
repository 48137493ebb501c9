"""The classifier two-sample test: whether a classifier can tell which window a row is of that it has not seen."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, TypeAlias

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, PositiveFloat
from scipy import linalg, stats

from genops.drift.kernels.points import Points
from genops.drift.relabelling import Relabellings
from genops.drift.samples import Codes, Samples
from genops.drift.two_sample import FOLDS, Tested, two_sample

_BLOCK = 4_000_000
_LEAST = 1e-12

Penalties: TypeAlias = Annotated[tuple[PositiveFloat, ...], Field(min_length=1)]


@two_sample("classifier", of="vectors")
def classifier(
    samples: Samples, relabellings: Relabellings, ridges: Penalties = (0.001, 0.01, 0.1, 1.0, 10.0, 100.0)
) -> Tested:
    """A linear classifier's separation of the rows that it was not fitted to.

    D. Lopez-Paz and M. Oquab, Revisiting classifier two-sample tests, 2017, arXiv:1610.06545; I. Kim, A. Ramdas,
    A. Singh and L. Wasserman, Classification accuracy as a proxy for two-sample testing, 2021, arXiv:1602.02210. The
    classifier is ridge regression on the label, cross-fitted; the statistic is 2 AUC - 1 within the folds. A fold's
    ridge matrix has no label in it, so it is factored once and all relabellings go through it as columns of one
    product. The penalty is chosen from the rows that are fitted, for each fold and relabelling anew, by generalized
    cross-validation (G. H. Golub, M. Heath and G. Wahba, Technometrics 21, 1979). Folds are dealt without a look at the
    labels and kept through all relabellings.

    It sees what shifts along some direction, also one in which the rows hardly vary; windows that differ in spread
    alone are the same to it. The witness is what the classifier says.

    Args:
        samples: Of vectors.
        relabellings: Which calibrate it.
        ridges: Penalties to choose from, as multiples of the mean variance of a coordinate: the greater, the nearer
            the classifier is to the difference of the means.
    """
    points = Points.of(samples)
    folds = _folds(samples, relabellings.seed)
    if not points.scale:
        return Tested(0.0, 1.0, np.zeros(samples.n), folds)
    rows = _fewest_coordinates(points[:])
    statistics = np.empty(1 + relabellings.count)
    witness = np.zeros(samples.n)
    shares = np.array(ridges) / samples.values.shape[1]
    fits = [_Fit.of(rows, folds == fold, shares) for fold in np.unique(folds)]
    for part in _columns(relabellings, samples.n):
        current = relabellings.current[:, part]
        labels = current.astype(np.float64)
        moments, counts = rows.T @ labels, labels.sum(axis=0)
        above, weights = np.zeros(labels.shape[1]), np.zeros(labels.shape[1])
        for fit in fits:
            scores = fit.scores(moments, counts, labels)
            if part.start == 0:
                witness[fit.inside] = scores[:, 0]
            separations, weight = _separations(scores, current[fit.inside])
            above += weight * separations
            weights += weight
        statistics[part] = above / np.maximum(weights, _LEAST)
    return Tested(float(statistics[0]), relabellings.p_value(statistics), witness, folds)


@dataclass(frozen=True, slots=True, eq=False)
class _Fit:
    """Ridge regression on the rows outside of one fold, whatever their labels.

    Attributes:
        inside: The numbers of the fold's rows.
        rows: The fold's rows, of shape (m, d).
        mean: Of the rows outside, of shape (d,).
        outside: How many these are.
        axes: Along which the rows outside vary independently, of shape (d, d).
        squares: Their sums of squares along these, of shape (d,).
        penalties: To choose from, in the unit of the squares.
    """

    inside: Codes
    rows: NDArray[np.float64]
    mean: NDArray[np.float64]
    outside: int
    axes: NDArray[np.float64]
    squares: NDArray[np.float64]
    penalties: NDArray[np.float64]

    @classmethod
    def of(cls, rows: NDArray[np.float64], inside: NDArray[np.bool_], shares: NDArray[np.float64]) -> _Fit:
        """Factors the matrix.

        Args:
            rows: Of shape (n, d).
            inside: Whether each row is of the fold.
            shares: The penalties, as shares of the whole variance.
        """
        fitted = rows[~inside]
        mean = fitted.mean(axis=0)
        fitted -= mean
        squares, axes = linalg.eigh(fitted.T @ fitted, overwrite_a=True)
        squares = np.maximum(squares, 0)
        penalties = np.maximum(shares * squares.sum(), _LEAST)
        return cls(np.flatnonzero(inside), rows[inside], mean, len(fitted), axes, squares, penalties)

    def scores(
        self, moments: NDArray[np.float64], counts: NDArray[np.float64], labels: NDArray[np.float64]
    ) -> NDArray[np.float32]:
        """What each relabelling's classifier says of the fold's rows, of shape (m, relabellings).

        In float32, so that equal rows have equal scores.

        Args:
            moments: All rows, transposed, times the labels.
            counts: Current rows by each relabelling.
            labels: 1 for a current row, of shape (n, relabellings).
        """
        own = labels[self.inside]
        fitted = counts - own.sum(axis=0)
        along = self.axes.T @ (moments - self.rows.T @ own - self.mean[:, None] * fitted)
        penalty = self._chosen(along, fitted - fitted**2 / self.outside)
        return np.asarray((self.rows @ (self.axes @ (along / (self.squares[:, None] + penalty)))).astype(np.float32))

    def _chosen(self, along: NDArray[np.float64], spread: NDArray[np.float64]) -> NDArray[np.float64]:
        """The penalty of the least generalized cross-validation error, of shape (relabellings,).

        Args:
            along: The fitted rows times their labels, along each axis.
            spread: Of the labels, their sum of squares around their mean.
        """
        squares, penalties = self.squares, self.penalties[:, None]
        explained = (squares + 2 * penalties) / (squares + penalties) ** 2 @ along**2
        free = self.outside - 1 - (squares / (squares + penalties)).sum(axis=1)
        errors = (spread - explained) / np.maximum(free, _LEAST)[:, None] ** 2
        return np.asarray(self.penalties[errors.argmin(axis=0)])


def _folds(samples: Samples, seed: int) -> Codes:
    """A fold for each row, whole groups together, whatever the window: relabelling must not change how rows lie.

    Groups of each stratum are dealt out evenly.
    """
    strata = samples.strata
    drawn = np.random.default_rng([seed, 3]).permutation(len(strata))
    dealt = np.empty(len(strata), dtype=np.intp)
    dealt[np.lexsort((drawn, strata))] = np.arange(len(strata)) % max(2, min(FOLDS, len(strata) // 4))
    return np.asarray(dealt[samples.groups])


def _fewest_coordinates(rows: NDArray[np.float64]) -> NDArray[np.float64]:
    """The rows turned so that there are no more coordinates than rows; a ridge regression does not notice."""
    if rows.shape[1] <= len(rows):
        return rows
    left, lengths, _ = linalg.svd(rows, full_matrices=False)
    return np.asarray(left * lengths)


def _columns(relabellings: Relabellings, n: int) -> Iterator[slice]:
    size = max(1, _BLOCK // n)
    for start in range(0, 1 + relabellings.count, size):
        yield slice(start, start + size)


def _separations(
    scores: NDArray[np.float32], current: NDArray[np.bool_]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """2 AUC - 1 of each column within a fold, and what it weighs: nothing where one window has no rows there."""
    n = current.sum(axis=0)
    m = len(current) - n
    ranks = stats.rankdata(scores, axis=0)
    pairs = np.maximum(m * n, 1)
    above = np.where(current, ranks, 0).sum(axis=0) - n * (n + 1) / 2
    return 2 * above / pairs - 1, m * n / len(current)
