"""Vectors in 8 bits a number: read four times as fast as they are, and near enough to leave few to compare exactly."""

from __future__ import annotations

from typing import Any

import numpy as np

from genops.retrieval.dense.index import Found, Mask, Rows, Vectors
from genops.retrieval.dense.library import faiss_library, faiss_threads, selector
from genops.retrieval.dense.ranking import NOISE, all_near

_LEVELS = 127
_BLOCK = 1_024  # and what is made of it on the way fit into a processor's cache


class CoarseVectors:
    """Copies of vectors, and of each query, with every number rounded to one of 255 levels.

    Their inner products are sums of whole numbers. What rounding took away changes them by no more than the lengths of
    what was lost and of what it is multiplied with (Cauchy and Schwarz), so all vectors that may be among the best
    ``k`` are within twice that of the copies' ``k``-th. Of embeddings these are two or three times ``k``.

    Args:
        vectors: Of unit length, float32, one a row.
    """

    def __init__(self, vectors: Vectors) -> None:
        faiss = faiss_library()
        rows, dimension = vectors.shape
        blocks = [vectors[first : first + _BLOCK] for first in range(0, rows, _BLOCK)]
        numbers, codes = (np.empty((min(_BLOCK, rows), dimension), kind) for kind in (np.float32, np.uint8))
        largest = np.max([np.abs(block, out=numbers[: len(block)]).max(axis=0) for block in blocks], axis=0)
        self._steps = np.where(largest > 0, largest / _LEVELS, 1).astype(np.float32)
        self._index: Any = faiss.IndexScalarQuantizer(
            dimension, faiss.ScalarQuantizer.QT_8bit_direct_signed, faiss.METRIC_INNER_PRODUCT
        )
        self._lost = self._length = 0.0
        for block in blocks:  # in place: memory that is new costs more than what is done in it
            levels, code = numbers[: len(block)], codes[: len(block)]
            np.rint(np.divide(block, self._steps, out=levels), out=levels)
            self._length = max(self._length, _longest(levels))
            self._index.add_sa_codes(np.add(levels, _LEVELS + 1, out=code, casting="unsafe"))
            levels *= self._steps
            self._lost = max(self._lost, _longest(np.subtract(block, levels, out=levels)))

    def nearest(self, query: Vectors, k: int, allowed: Mask | None) -> Rows | None:
        """Rows among which the best ``k`` are; None where more may be as near as could be told.

        Args:
            query: One vector, of shape (1, dimension).
            k: From 1.
            allowed: Which rows may be found; None for all.
        """
        faiss = faiss_library()
        chosen = selector(allowed)
        params = None if chosen is None else faiss.SearchParameters(sel=chosen)
        weighed = query * self._steps
        step = float(np.abs(weighed).max()) / _LEVELS
        levels = np.rint(weighed / step)
        with faiss_threads(1):
            found: Found = self._index.search(levels, 4 * k + 32, params=params)
        products, rows = found[0][0], found[1][0]
        if rows[-1] < 0:
            few: Rows = rows[rows >= 0]
            return few
        off = _length(query) * self._lost + _length(weighed - levels * step) * self._length + NOISE
        return all_near(products, rows, k, 2 * off / step)


def _length(vector: Vectors) -> float:
    return float(np.sqrt(np.vdot(vector, vector)))


def _longest(vectors: Vectors) -> float:
    return float(np.sqrt(np.einsum("ij,ij->i", vectors, vectors).max()))
