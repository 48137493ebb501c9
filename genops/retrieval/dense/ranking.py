"""What every search does around its index: the check of what is asked, and from candidates to exact hits."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from genops.errors import InputError
from genops.retrieval.dense.index import NO_ROW, Found, Mask, Rows, Vectors
from genops.retrieval.dense.unit import unit_vectors

_NOISE = 1e-5
_BLOCK = 64


def checked_queries(queries: Vectors, k: int, allowed: Mask | None, rows: int, dimension: int) -> Vectors:
    """The queries of a search, when they and what comes with them can be used.

    Raises:
        InputError: They cannot.
    """
    if k < 1:
        raise InputError(f"{k} hits were asked for", hint="ask for 1 or more")
    if allowed is not None and allowed.shape != (rows,):
        raise ValueError(f"a mask of shape {allowed.shape} for {rows} rows")
    return unit_vectors(queries, dimension)


def nearest_few(cosines: NDArray[np.float32], k: int) -> NDArray[np.intp]:
    """Where the ``k`` largest stand, and all that are as large but for the noise of single precision."""
    if len(cosines) <= k:
        return np.arange(len(cosines))
    return np.flatnonzero(cosines >= _kth_largest(cosines, k) - np.float32(_NOISE))


def _kth_largest(values: NDArray[np.float32], k: int) -> np.float32:
    """The least of the ``k`` largest. Where blocks are many, the ``k`` largest of their maxima leave few to look at."""
    blocks = len(values) // _BLOCK
    if blocks > k:
        maxima = values[: blocks * _BLOCK].reshape(blocks, _BLOCK).max(axis=1)
        values = values[values >= np.partition(maxima, -k)[-k]]
    largest: np.float32 = np.partition(values, -k)[-k]
    return largest


def ranked(query: Vectors, candidates: Vectors, rows: Rows, k: int) -> Found:
    """The ``k`` best candidates by exact cosine, rows of equal score in their order; padded to ``k``.

    Args:
        query: One vector.
        candidates: Vectors of the rows.
        rows: Distinct rows.
        k: Hits wanted.
    """
    cosines = (candidates.astype(np.float64) @ query.astype(np.float64)).clip(-1, 1).astype(np.float32)
    order = np.lexsort((rows, -cosines))[:k]
    scores, found = nothing(1, k)
    scores[0, : len(order)], found[0, : len(order)] = cosines[order], rows[order]
    return scores[0], found[0]


def nothing(queries: int, k: int) -> Found:
    """The result of a search that finds nothing."""
    return np.full((queries, k), -np.inf, dtype=np.float32), np.full((queries, k), NO_ROW, dtype=np.int64)
