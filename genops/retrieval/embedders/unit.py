"""The last step of every embedder: vectors of length 1."""

from __future__ import annotations

from typing import TYPE_CHECKING

from genops.errors import Unfinished

if TYPE_CHECKING:
    from genops.retrieval.embedders.embedder import Vectors


def to_unit_length(vectors: Vectors, embedder: str) -> Vectors:
    """The vectors brought to length 1, float32 and contiguous.

    Args:
        vectors: n x dimension.
        embedder: Whose they are, for the error.

    Raises:
        Unfinished: One is not finite or all zero, and points nowhere.
    """
    import numpy as np

    if vectors.dtype == np.float32 and (np.abs(np.einsum("ij,ij->i", vectors, vectors) - 1) <= _ROUNDING).all():
        return np.ascontiguousarray(vectors)
    lengths = np.sqrt(np.einsum("ij,ij->i", vectors, vectors, dtype=np.float64))[:, np.newaxis]
    if not np.isfinite(lengths).all():
        raise Unfinished(f"the embedder {embedder!r} gave numbers that are not finite", hint=_HINT)
    if not lengths.all():
        raise Unfinished(f"the embedder {embedder!r} gave a vector of zeros, which points nowhere", hint=_HINT)
    unit = np.empty(vectors.shape, dtype=np.float32)
    np.divide(vectors, lengths, out=unit, casting="same_kind")
    return unit


_ROUNDING = 1e-6
_HINT = "the fault is in the embedder; nothing was changed"
