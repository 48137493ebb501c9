"""Vectors of texts of any length, checked against what the embedder promised."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from genops.errors import Unfinished
from genops.retrieval.chunk import windows
from genops.retrieval.embedders.embedder import Embedder

if TYPE_CHECKING:
    from genops.retrieval.embedders.embedder import Vectors


def embed_texts(embedder: Embedder, texts: Sequence[str]) -> Vectors:
    """Vectors of texts. One beyond the embedder's window gets the mean of its pieces' vectors, brought to unit length.

    Returns:
        float32, ``len(texts)`` x ``dimension``; a dot product of two rows is their cosine similarity.

    Raises:
        Unfinished: The embedder gave another shape, or numbers that are not finite.
    """
    import numpy as np

    if not texts:
        return np.zeros((0, embedder.dimension), dtype=np.float32)
    pieces = [[text] if embedder.count_tokens(text) <= embedder.window else windows(text, embedder) for text in texts]
    vectors = embedder.encode([piece for group in pieces for piece in group])
    expected = (sum(map(len, pieces)), embedder.dimension)
    if vectors.shape != expected or not np.isfinite(vectors).all():
        raise Unfinished(
            f"the embedder {embedder.name!r} gave vectors of shape {vectors.shape}, not {expected}"
            if vectors.shape != expected
            else f"the embedder {embedder.name!r} gave numbers that are not finite",
            hint="the fault is in the embedder; nothing was changed",
        )
    sums = np.add.reduceat(vectors, np.cumsum([0, *map(len, pieces[:-1])]), axis=0)
    lengths = np.maximum(np.linalg.norm(sums, axis=1, keepdims=True), np.finfo(np.float32).tiny)
    return np.ascontiguousarray(sums / lengths, dtype=np.float32)
