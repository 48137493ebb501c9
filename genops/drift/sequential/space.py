"""Vectors as a detector sees them: features in which a witness is a weighted sum, and how far from the known they are.

Features are the centred vector itself and random Fourier features of a Gaussian kernel of the median width: their
product is a kernel that sees shifts in any direction, and what is not a shift. Two witnesses need not be learned: how
far a row is from the nearest of a few centres of the reference, and from its mean.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from genops.drift.kernels.fourier import features, frequencies
from genops.drift.kernels.kernel import Kernel
from genops.drift.sequential.arrays import from_plain, to_plain
from genops.drift.sequential.exact import COARSE, FINE, on_grid
from genops.stats.interval import Floats

FIXED = (
    "distance to the nearest topic",
    "closeness to the nearest topic",
    "distance to the centre",
    "closeness to the centre",
)
"""Witnesses that are not learned."""
_FREQUENCIES, _TOPICS, _ROUNDS, _SAMPLE = 64, 32, 10, 300
_FAR, _LARGEST, _NARROWEST = 3.0, 16.0, 0.05


@dataclass(frozen=True, slots=True, eq=False)
class Space:
    """A fixed map of vectors, fitted to a part of the reference.

    Attributes:
        centre: The mean vector, of shape (d,).
        width: Root mean square distance from it.
        drawn: Frequencies, of shape (d, 64).
        topics: Centres of topics, of shape (d, k).
    """

    centre: Floats
    width: float
    drawn: Floats
    topics: Floats

    @classmethod
    def fitted(cls, vectors: NDArray[Any], seed: int) -> Space:
        """The space of some vectors.

        Args:
            vectors: Of shape (n, d), finite.
            seed: Of frequencies and topics.
        """
        random = np.random.default_rng([seed, 3])
        rows = vectors.astype(np.float64)
        centre = rows.mean(axis=0)
        width = float(np.sqrt(((rows - centre) ** 2).sum(axis=1).mean())) or 1.0
        nothing = np.empty((rows.shape[1], 0))
        bare = cls(centre, width, nothing, nothing)
        scaled, *_ = bare._scaled(rows)
        sample = scaled[random.permutation(len(scaled))[:_SAMPLE]]
        apart = np.sqrt(np.maximum(_squares(sample, sample), 0))
        bandwidth = max(float(np.median(apart[np.triu_indices(len(sample), 1)])), _NARROWEST)
        drawn = frequencies(Kernel("gaussian", bandwidth), rows.shape[1], _FREQUENCIES, random)
        topics = _topics(scaled, min(_TOPICS, max(1, len(scaled) // 8)), random)
        return cls(centre, width, on_grid(drawn, COARSE), on_grid(topics.T, COARSE))

    def project(self, vectors: NDArray[Any]) -> tuple[Floats, Floats]:
        """Features, of shape (n, d + 128), and the fixed witnesses, of shape (n, 4): exact, and on a grid.

        Args:
            vectors: Of shape (n, d), finite.
        """
        scaled, squares, from_centre = self._scaled(vectors)
        from_topic = squares + ((self.topics**2).sum(axis=0) - 2 * (scaled @ self.topics)).min(axis=1)
        fixed = np.stack([from_topic, -from_topic, from_centre, -from_centre], axis=1)
        return np.concatenate([scaled, on_grid(features(scaled, self.drawn), FINE)], axis=1), fixed

    def state(self) -> dict[str, Any]:
        """The same in plain types."""
        arrays = {"centre": self.centre, "drawn": self.drawn, "topics": self.topics}
        return {"width": self.width, **{name: to_plain(array) for name, array in arrays.items()}}

    @classmethod
    def from_state(cls, state: Mapping[str, Any]) -> Space:
        """The space of a ``state``."""
        centre, drawn, topics = (from_plain(state[name]) for name in ("centre", "drawn", "topics"))
        return cls(centre, state["width"], drawn, topics)

    def _scaled(self, vectors: NDArray[Any]) -> tuple[Floats, Floats, Floats]:
        """Centred vectors in units of ``width``, those beyond 3 drawn in to 3.

        Returns:
            The rows, the squared length of each, and its squared distance from the centre before it was drawn in.
        """
        rows = np.subtract(vectors, self.centre, dtype=np.float64)
        rows *= 1 / (self.width * COARSE)
        np.rint(rows, out=rows)
        rows *= COARSE
        squares = (rows**2).sum(axis=1)
        far = np.flatnonzero(squares > _FAR**2)
        if not len(far):
            return rows, squares, squares
        from_centre = squares.copy()
        out = np.clip(rows[far], -_LARGEST, _LARGEST)
        from_centre[far] = (out**2).sum(axis=1)
        rows[far] = on_grid(out * (_FAR / np.sqrt(from_centre[far]))[:, None], COARSE)
        squares[far] = (rows[far] ** 2).sum(axis=1)
        return rows, squares, from_centre


def _squares(rows: Floats, others: Floats) -> Floats:
    """Squared distances of rows from others."""
    return np.asarray((rows**2).sum(axis=1)[:, None] - 2 * (rows @ others.T) + (others**2).sum(axis=1))


def _topics(rows: Floats, count: int, random: np.random.Generator) -> Floats:
    """Centres of clusters by k-means, of shape (count, d)."""
    centres = rows[random.permutation(len(rows))[:count]]
    for _ in range(_ROUNDS):
        nearest = _squares(rows, centres).argmin(axis=1)
        own = nearest == np.arange(count)[:, None]
        sizes = own.sum(axis=1)
        centres = np.where(sizes[:, None] > 0, own @ rows / np.maximum(sizes, 1)[:, None], centres)
    return centres
