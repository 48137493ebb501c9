"""The check that every vector passes on its way into an index or a search: finite, of the right size, of length 1."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from genops.errors import InputError
from genops.retrieval.dense.index import Vectors

_TOLERANCE = 1e-3
_SHORTEST, _LONGEST = (1 - _TOLERANCE) ** 2, (1 + _TOLERANCE) ** 2
"""Squares of lengths."""


def unit_vectors(vectors: Any, dimension: int, first: int = 0) -> Vectors:
    """The vectors as a contiguous float32 matrix in memory.

    Args:
        vectors: One row a vector.
        dimension: Numbers that each must have.
        first: Number of the first row, for errors.

    Raises:
        InputError: They have another dimension, or one is not finite, is all zero, or has another length than 1.
    """
    matrix = np.ascontiguousarray(vectors, dtype=np.float32)
    if matrix.ndim != 2 or matrix.shape[1] != dimension:
        raise InputError(
            f"vectors of {matrix.shape[-1] if matrix.ndim else 0} numbers where {dimension} are needed",
            hint="an index and its queries need the same embedder; build the index again after a change of embedder",
        )
    squares = np.einsum("ij,ij->i", matrix, matrix)
    if len(squares) and not (squares.min() >= _SHORTEST and squares.max() <= _LONGEST):  # NaN is neither
        wrong = np.flatnonzero(~((squares >= _SHORTEST) & (squares <= _LONGEST)))
        row, length = first + int(wrong[0]), math.sqrt(squares[wrong[0]])
        what = "is all zero" if length == 0 else f"has length {length:.4g} instead of 1"
        if not np.isfinite(matrix[wrong[0]]).all():
            what = "holds what is not a finite number (NaN or infinity)"
        raise InputError(f"vector {row} {what}", hint="the embedder must give finite vectors of unit length")
    return matrix
