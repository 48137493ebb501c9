"""Exact search: every allowed vector is compared with the query. The file is FAISS's flat inner-product index."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from genops.retrieval.dense.index import Found, Mask, Rows, Vectors
from genops.retrieval.dense.ranking import checked_queries, nearest_few, nothing, ranked
from genops.retrieval.dense.threads import faiss_threads
from genops.retrieval.dense.unit import unit_vectors

_WRITTEN_AT_ONCE = 16_384
_ASKED_AT_ONCE = 16


class FlatIndex:
    """See :class:`~genops.retrieval.dense.index.DenseIndex`; finds the best rows without exception.

    Args:
        index: A FAISS ``IndexFlatIP``.
        owner: What must live as long as the index does.
    """

    kind = "flat"

    def __init__(self, index: Any, owner: Any = None) -> None:
        import faiss

        self._index = index
        self._owner = owner
        self.rows = int(index.ntotal)
        self.dimension = int(index.d)
        shape = self.rows, self.dimension
        self._stored: Vectors = faiss.rev_swig_ptr(index.get_xb(), self.rows * self.dimension).reshape(shape)

    def vectors(self, rows: Rows) -> Vectors:
        """See :meth:`DenseIndex.vectors`."""
        return self._stored[rows]

    def search(self, queries: Vectors, k: int, allowed: Mask | None = None) -> Found:
        """See :meth:`DenseIndex.search`."""
        queries = checked_queries(queries, k, allowed, self.rows, self.dimension)
        rows = np.arange(self.rows) if allowed is None else np.flatnonzero(allowed)
        scores, found = nothing(len(queries), k)
        if not len(rows):
            return scores, found
        for at, cosines in enumerate(self._cosines(queries, rows)):
            scores[at], found[at] = self.rank(queries[at], rows[nearest_few(cosines, k)], k)
        return scores, found

    def rank(self, query: Vectors, candidates: Rows, k: int) -> Found:
        """The ``k`` best of distinct candidates by exact cosine."""
        return ranked(query, self._stored[candidates], candidates, k)

    def _cosines(self, queries: Vectors, rows: Rows) -> Iterator[NDArray[np.float32]]:
        """For each query the cosines of rows, in single precision."""
        for first in range(0, len(queries), _ASKED_AT_ONCE):
            asked = queries[first : first + _ASKED_AT_ONCE]
            if len(asked) > 1 and len(rows) == self.rows:
                yield from asked @ self._stored.T
            else:
                yield from self._distances(asked, rows)

    def _distances(self, queries: Vectors, rows: Rows) -> NDArray[np.float32]:
        import faiss

        cosines = np.empty((len(queries), len(rows)), dtype=np.float32)
        labels = np.ascontiguousarray(np.broadcast_to(rows, cosines.shape))
        with faiss_threads(len(queries)):
            pointers = [faiss.swig_ptr(array) for array in (queries, cosines, labels)]
            self._index.compute_distance_subset(len(queries), pointers[0], len(rows), pointers[1], pointers[2])
        return cosines


def write_flat(path: Path, vectors: Vectors) -> None:
    """Writes the file of a flat index from vectors that may be larger than memory.

    Raises:
        InputError: A vector is not finite or not of unit length.
    """
    import faiss

    rows, dimension = vectors.shape
    header = bytearray(faiss.serialize_index(faiss.IndexFlatIP(dimension)).tobytes())
    struct.pack_into("<q", header, 8, rows)  # `ntotal`, after the type's four letters and the dimension
    struct.pack_into("<Q", header, len(header) - 8, rows * dimension)
    with path.open("wb") as stream:
        stream.write(header)
        for first in range(0, rows, _WRITTEN_AT_ONCE):
            stream.write(unit_vectors(vectors[first : first + _WRITTEN_AT_ONCE], dimension, first).data)
