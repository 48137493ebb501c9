"""Exact search: every allowed vector is compared with the query. The file is FAISS's flat inner-product index."""

from __future__ import annotations

import struct
import threading
from collections.abc import Iterable, Iterator
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from genops.retrieval.dense.coarse import CoarseVectors
from genops.retrieval.dense.gpu import Gpu
from genops.retrieval.dense.index import NO_ROW, Found, Mask, Rows, Ties, Vectors
from genops.retrieval.dense.library import faiss_library, faiss_threads
from genops.retrieval.dense.ranking import NOISE, all_near, checked_queries, nearest_few, ranked
from genops.retrieval.dense.unit import unit_vectors

_ASKED_AT_ONCE = 16
_LEAP_COST = 3
_MARGIN = 16
_WORTH_COPIES = 16
_QUICKLY_COPIED = 2**23
_WORTH_COPYING = range(4_000, 1_000_000)
_SAVED, _MOST_SAVED = 2, 32


class FlatIndex:
    """See :class:`~genops.retrieval.dense.index.DenseIndex`; finds the best rows without exception.

    Args:
        index: A FAISS ``IndexFlatIP``.
        ties: A number of each row that orders equal scores; by default the row.
    """

    kind = "flat"

    def __init__(self, index: Any, ties: Ties | None = None) -> None:
        self._index = index
        self._gpu = Gpu(index)
        self.rows = int(index.ntotal)
        self.dimension = int(index.d)
        numbers = faiss_library().rev_swig_ptr(index.get_xb(), self.rows * self.dimension)
        self._stored: Vectors = numbers.reshape(self.rows, self.dimension)
        self._every = np.arange(self.rows)
        self._ties = self._every if ties is None else ties
        self._searches = 0
        self._saved = 0
        self._copying = threading.Lock()

    def vectors(self, rows: Rows) -> Vectors:
        """See :meth:`DenseIndex.vectors`."""
        return self._stored[rows]

    def search(self, queries: Vectors, k: int, allowed: Mask | None = None) -> Found:
        """See :meth:`DenseIndex.search`."""
        queries = checked_queries(queries, k, allowed, self.rows, self.dimension)
        scores, found = np.empty((len(queries), k), np.float32), np.empty((len(queries), k), np.int64)
        for at, candidates in enumerate(self._candidates(queries, k, allowed)):
            self.rank(queries[at], candidates, scores[at], found[at])
        return scores, found

    def rank(self, query: Vectors, candidates: Rows, scores: Vectors, found: Rows) -> None:
        """Puts the best of distinct candidates by exact cosine, and their scores, into what has room for some."""
        cosines, order = ranked(query, self._stored[candidates], self._ties[candidates])
        best = order[: len(found)]
        scores[: len(best)], found[: len(best)] = cosines[best], candidates[best]
        scores[len(best) :], found[len(best) :] = -np.inf, NO_ROW

    def _candidates(self, queries: Vectors, k: int, allowed: Mask | None) -> Iterator[Rows]:
        """For each query the few rows among which the best ones are."""
        if self._gpu.takes(k + _MARGIN, allowed):
            yield from self._gpu.nearest(queries, min(k + _MARGIN, self.rows))
            return
        if len(queries) == 1 and (allowed is None or not self._leaps(int(np.count_nonzero(allowed)))):
            nearest = self._nearest(queries, k, allowed)
            if nearest is not None:
                yield nearest
                return
        rows = self._every if allowed is None else np.flatnonzero(allowed)
        for cosines in self._cosines(queries, rows):
            yield rows[nearest_few(cosines, k)]

    def _nearest(self, query: Vectors, k: int, allowed: Mask | None) -> Rows | None:
        """The rows among which the best are, as FAISS finds them; None where more may be as near as those it gives."""
        found = self._near_by_copies(query, k, allowed)
        if found is not None:
            return found
        if allowed is not None:
            return None
        fetched = k + _MARGIN
        if fetched >= self.rows:
            return self._every
        with faiss_threads(1):
            cosines, rows = self._index.search(query, fetched)
        return all_near(cosines[0], rows[0], k, NOISE)

    def _near_by_copies(self, query: Vectors, k: int, allowed: Mask | None) -> Rows | None:
        """As :meth:`_nearest`, by coarse copies, where there are some or the searches so far have cost what they do.

        Of vectors among which rounding leaves too many in doubt, both searches are paid for: copies that fail more
        often than they spare a longer search are asked no more.
        """
        if self.rows not in _WORTH_COPYING or self._saved <= -_MOST_SAVED:
            return None
        self._searches += 1
        if self._searches <= (1 if self.rows * self.dimension <= _QUICKLY_COPIED else _WORTH_COPIES):
            return None
        found = self._coarse.nearest(query, k, allowed)
        self._saved = min(_MOST_SAVED, self._saved + (-1 if found is None else _SAVED))
        if self._saved <= -_MOST_SAVED:
            self.__dict__.pop("_copies", None)
        return found

    @property
    def _coarse(self) -> CoarseVectors:
        """A quarter of the vectors' size in memory."""
        with self._copying:
            return self._copies

    @cached_property
    def _copies(self) -> CoarseVectors:
        return CoarseVectors(self._stored)

    def _leaps(self, count: int) -> bool:
        """Whether rows are so few that looking at each costs less than reading on."""
        return count <= self.rows // _LEAP_COST

    def _cosines(self, queries: Vectors, rows: Rows) -> Iterator[NDArray[np.float32]]:
        """For each query the cosines of rows, in single precision."""
        for first in range(0, len(queries), _ASKED_AT_ONCE):
            asked = queries[first : first + _ASKED_AT_ONCE]
            if self._leaps(len(rows)):
                yield from self._distances(asked, rows)
                continue
            # Reading on is so much faster than leaping that all rows take less time than many of them.
            cosines = self._distances(asked, self._every) if len(asked) == 1 else asked @ self._stored.T
            yield from cosines if len(rows) == self.rows else cosines[:, rows]

    def _distances(self, queries: Vectors, rows: Rows) -> NDArray[np.float32]:
        faiss = faiss_library()
        cosines = np.empty((len(queries), len(rows)), dtype=np.float32)
        labels = np.ascontiguousarray(np.broadcast_to(rows, cosines.shape))
        if cosines.size:
            asked, into, which = (faiss.swig_ptr(array) for array in (queries, cosines, labels))
            with faiss_threads(len(queries)):
                self._index.compute_distance_subset(len(queries), asked, len(rows), into, which)
        return cosines


def write_flat(path: Path, blocks: Iterable[Vectors], rows: int, dimension: int) -> Vectors:
    """Writes the file of a flat index from vectors that come block by block.

    Returns:
        The vectors, memory-mapped in the file.

    Raises:
        InputError: A vector is not finite or not of unit length.
    """
    faiss = faiss_library()
    header = bytearray(faiss.serialize_index(faiss.IndexFlatIP(dimension)).tobytes())
    struct.pack_into("<q", header, 8, rows)  # `ntotal`, after the type's four letters and the dimension
    struct.pack_into("<Q", header, len(header) - 8, rows * dimension)
    with path.open("wb") as stream:
        stream.write(header)
        written = 0
        for block in blocks:
            stream.write(unit_vectors(block, dimension, written).data)
            written += len(block)
    if written != rows:
        raise ValueError(f"{written} vectors for {rows} rows")
    if not rows:
        return np.zeros((0, dimension), dtype=np.float32)
    return np.memmap(path, dtype=np.float32, mode="r", offset=len(header), shape=(rows, dimension))
