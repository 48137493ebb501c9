"""The vectors of two samples around their centre and within the unit cube, and the bandwidths that suit them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from genops.drift.kernels.kernel import Kernel, Shape, distances_of
from genops.drift.samples import Samples

_SAMPLE = 1_000
_BLOCK = 4_096


@dataclass(frozen=True, slots=True, eq=False)
class Points:
    """Vectors of both samples, moved and scaled to [-1, 1]: no distance over- or underflows, whatever their unit.

    Attributes:
        samples: Whose they are.
        centre: Of all of them, of shape (d,).
        scale: What they are divided by; 0 where all are equal.
    """

    samples: Samples
    centre: NDArray[np.float64]
    scale: float

    @classmethod
    def of(cls, samples: Samples) -> Points:
        """Finds the centre and the scale, block by block."""
        values = samples.values
        first = values[0].astype(np.float64)
        starts = range(0, len(values), _BLOCK)
        moved = sum((values[at : at + _BLOCK] - first).sum(axis=0) for at in starts)
        centre = first + moved / len(values)
        scale = max(float(np.abs(values[at : at + _BLOCK] - centre).max()) for at in starts)
        return cls(samples, centre, scale)

    def __getitem__(self, rows: slice | NDArray[np.intp]) -> NDArray[np.float64]:
        """Some of them, of shape (rows, d)."""
        return np.asarray((self.samples.values[rows] - self.centre) / self.scale)

    def distances(self, shape: Shape, seed: int) -> NDArray[np.float64]:
        """Distances above 0 of pairs of rows of different groups: of all rows, or of 1,000 drawn ones.

        Rows are drawn without a look at which sample they are of, so that a test which takes its bandwidths from here
        keeps its level. There is no distance where all rows are equal.

        Args:
            shape: Of the kernel; Euclidean distances are not squared.
            seed: Of the draw.
        """
        random = np.random.default_rng([seed, 2])
        n = self.samples.n
        chosen = np.arange(n) if n <= _SAMPLE else random.choice(n, _SAMPLE, replace=False)
        found = self._positive(shape, chosen)
        if not len(found) and self.scale:  # nearly all rows are equal: look at those that are not
            one = random.integers(n)
            others = np.flatnonzero((self.samples.values != self.samples.values[one]).any(axis=1))
            chosen = np.append(random.permutation(others)[: _SAMPLE - 1], one)
            found = self._positive(shape, chosen)
        return found

    def _positive(self, shape: Shape, chosen: NDArray[np.intp]) -> NDArray[np.float64]:
        if not self.scale:
            return np.empty(0)
        rows = self[chosen]
        groups = self.samples.groups[chosen]
        distances = distances_of(shape, rows, rows)
        pairs = distances[np.triu(groups[:, None] != groups) & (distances > 0)].astype(np.float64)
        return np.asarray(np.sqrt(pairs) if shape == "gaussian" else pairs)


def median_kernel(points: Points, shape: Shape, seed: int) -> Kernel | None:
    """The median heuristic: the bandwidth is the median distance; None where all rows are equal.

    A. Gretton et al., A kernel two-sample test, JMLR 13 (2012), section 8. Distances of 0 do not count: with many equal
    rows the median would be 0, and no kernel.

    Args:
        points: Of both samples.
        shape: Of the kernel.
        seed: Of the pairs that are drawn where there are many.
    """
    distances = points.distances(shape, seed)
    return Kernel(shape, float(np.median(distances))) if len(distances) else None


def kernel_collection(points: Points, bandwidths: int, seed: int) -> list[Kernel]:
    """Gaussian and Laplace kernels of many widths; none where all rows are equal.

    Of each shape from half the 5 % quantile of the distances to twice the 95 % quantile, evenly spaced, as in the
    experiments of F. Biggs, A. Schrab and A. Gretton, MMD-FUSE, NeurIPS 2023, arXiv:2306.08777. Distances of 0 do not
    count.

    Args:
        points: Of both samples.
        bandwidths: Of either shape.
        seed: Of the pairs that are drawn where there are many.
    """
    kernels = []
    shapes: tuple[Shape, ...] = ("gaussian", "laplace")
    for shape in shapes:
        distances = points.distances(shape, seed)
        if not len(distances):
            return []
        places = [int(len(distances) * share) for share in (0.05, 0.95)]
        low, high = np.partition(distances, places)[places]
        kernels += [Kernel(shape, float(width)) for width in np.linspace(low / 2, high * 2, bandwidths)]
    return kernels
