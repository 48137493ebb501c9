"""HNSW: a graph of near neighbours over the vectors (Malkov and Yashunin, 2016, arXiv:1603.09320).

The links depend on the order in which the threads of the build come to them, so two builds of the same vectors differ
in bytes, and may differ in which near rows a search misses.
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np

from genops.retrieval.dense.index import Mask, Rows, Vectors
from genops.retrieval.dense.library import building_threads, faiss_library, faiss_threads, selector

_LINKS = 32
_BUILD_EFFORT = 100
_SEARCH_EFFORT = 128
_ADDED_AT_ONCE = 16_384


class HnswCandidates:
    """See :class:`~genops.retrieval.dense.approximate.Candidates`.

    Args:
        index: A FAISS ``IndexHNSWFlat``.
    """

    def __init__(self, index: Any) -> None:
        self._index = index

    def propose(self, queries: Vectors, k: int, effort: float, allowed: Mask | None) -> Rows:
        """See :meth:`Candidates.propose`."""
        # What a filter forbids can lie between the query and what it allows: a walk must get past it.
        base = max(_SEARCH_EFFORT, 2 * k) * (1 if allowed is None else 2)
        ef = min(self._index.ntotal, math.ceil(base * effort))
        params = faiss_library().SearchParametersHNSW(efSearch=ef, sel=selector(allowed))
        with faiss_threads(len(queries)):
            rows: Rows = self._index.search(queries, min(2 * k, ef), params=params)[1]
        return rows

    def few(self, count: int, rows: int) -> bool:
        """See :meth:`Candidates.few`. The graph is walked through forbidden rows too, so effort grows as they do."""
        return count * (count / rows) <= 20 * _SEARCH_EFFORT


def write_hnsw(path: Path, vectors: Vectors) -> None:
    """Writes the file of an index with its vectors, finite and of unit length; they are in memory while it is built."""
    faiss = faiss_library()
    rows, dimension = vectors.shape
    index = faiss.IndexHNSWFlat(dimension, _LINKS, faiss.METRIC_INNER_PRODUCT)
    index.hnsw.efConstruction = _BUILD_EFFORT
    with faiss_threads(building_threads(rows)):
        for first in range(0, rows, _ADDED_AT_ONCE):
            index.add(np.ascontiguousarray(vectors[first : first + _ADDED_AT_ONCE]))
    faiss.write_index(index, str(path))
