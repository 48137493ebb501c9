"""What every search does around its index: the check of what is asked, and from candidates to exact hits."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from genops.errors import InputError
from genops.retrieval.dense.index import NO_ROW, Found, Mask, Rows, Vectors
from genops.retrieval.dense.unit import unit_vectors

NOISE = np.float32(1e-5)
"""Cosines in single precision that are this near may be in another order than exact ones."""

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
    return np.flatnonzero(cosines >= _kth_largest(cosines, k) - NOISE)


def _kth_largest(values: NDArray[np.float32], k: int) -> np.float32:
    """The least of the ``k`` largest. Where blocks are many, the ``k`` largest of their maxima leave few to look at."""
    blocks = len(values) // _BLOCK
    if blocks > k:
        maxima = values[: blocks * _BLOCK].reshape(blocks, _BLOCK).max(axis=1)
        values = values[values >= np.partition(maxima, -k)[-k]]
    largest: np.float32 = np.partition(values, -k)[-k]
    return largest


def all_near(cosines: Vectors, rows: Rows, k: int, reach: float | np.float32) -> Rows | None:
    """The rows found whose scores are within ``reach`` of the ``k``-th; None where all are, and more may be left out.

    Args:
        cosines: Scores of what a search of FAISS found for one query, best first; more than ``k``.
        rows: What it found.
        k: From 1.
        reach: In the scores' own unit.
    """
    near = int(np.count_nonzero(cosines >= cosines[k - 1] - reach))
    found: Rows = rows[:near]
    return found if near < len(rows) else None


def ranked(query: Vectors, candidates: Vectors, ties: NDArray[np.integer[Any]]) -> tuple[Vectors, NDArray[np.intp]]:
    """Exact cosines of candidates, and their places from the best down; of equal ones, that with the lower tie first.

    Args:
        query: One vector.
        candidates: Vectors to compare it with.
        ties: A number of each.
    """
    exact = candidates.astype(np.float64) @ query.astype(np.float64)
    cosines = np.minimum(np.maximum(exact, -1), 1).astype(np.float32)
    return cosines, np.lexsort((ties, -cosines))


def nothing(queries: int, k: int) -> Found:
    """The result of a search that finds nothing."""
    return np.full((queries, k), -np.inf, dtype=np.float32), np.full((queries, k), NO_ROW, dtype=np.int64)
