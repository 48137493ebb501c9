"""What every index of vectors can do, whichever its kind."""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.float32]
Rows = NDArray[np.int64]
Mask = NDArray[np.bool_]
Ties = NDArray[np.integer[Any]]
Found = tuple[NDArray[np.float32], Rows]

NO_ROW = -1


class DenseIndex(Protocol):
    """Unit vectors by row, searched by cosine similarity. Safe to use from several threads at once.

    A score is the cosine of query and stored vector, from -1 to 1, computed in double precision and rounded: it does
    not depend on the kind, on other queries of the call, or on the machine. Kinds differ in which rows they find.

    Attributes:
        kind: ``flat``, ``hnsw``, ``ivf_sq8`` or ``ivf_pq``.
        rows: How many vectors there are.
        dimension: Numbers in each.
    """

    @property
    def kind(self) -> str: ...  # noqa: D102

    @property
    def rows(self) -> int: ...  # noqa: D102

    @property
    def dimension(self) -> int: ...  # noqa: D102

    def search(self, queries: Vectors, k: int, allowed: Mask | None = None) -> Found:
        """The ``k`` nearest rows of each query.

        Args:
            queries: float32, n x dimension, of unit length.
            k: Hits wanted of each query, from 1.
            allowed: Which rows may be found; None for all. It acts before the choice of the best, so min(k, allowed)
                hits are found whatever it leaves out.

        Returns:
            Scores and rows, both n x k, best first, equal scores by the rows' ties. Where there are fewer hits
            than ``k``, the score is -inf and the row -1.

        Raises:
            InputError: The queries are not such vectors, or ``k`` is below 1.
        """
        ...

    def vectors(self, rows: Rows) -> Vectors:
        """The stored vectors of rows, as they were given."""
        ...
