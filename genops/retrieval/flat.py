"""Exact search over vectors in memory: FAISS's flat inner-product index."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from genops.retrieval.embedders.embedder import Vectors


class FlatVectors:
    """Unit vectors, searched exhaustively; a score is a cosine similarity."""

    def __init__(self, index: Any) -> None:
        self._index = index

    @classmethod
    def of(cls, vectors: Vectors) -> FlatVectors:
        """An index over the rows of a matrix."""
        import faiss

        index = faiss.IndexFlatIP(vectors.shape[1])
        index.add(vectors)
        return cls(index)

    @classmethod
    def loads(cls, data: bytes) -> FlatVectors:
        """The index that :meth:`dumps` wrote. Only for bytes whose hash was checked.

        Raises:
            RuntimeError: They are not such an index.
        """
        import faiss
        import numpy as np

        return cls(faiss.deserialize_index(np.frombuffer(data, dtype=np.uint8)))

    def dumps(self) -> bytes:
        """The index in FAISS's own format."""
        import faiss

        return bytes(faiss.serialize_index(self._index).tobytes())

    @property
    def shape(self) -> tuple[int, int]:
        """Number of vectors, and their dimension."""
        return int(self._index.ntotal), int(self._index.d)

    def all(self) -> Vectors:
        """The vectors, in order."""
        vectors: Vectors = self._index.reconstruct_n(0, self._index.ntotal)
        return vectors

    def search(self, vector: Vectors, k: int) -> list[tuple[int, float]]:
        """Row and score of the ``k`` nearest vectors, best first; rows of equal score in their order."""
        scores, rows = self._index.search(vector.reshape(1, -1), min(k, self._index.ntotal))
        found = [(int(row), max(-1.0, min(1.0, float(score)))) for row, score in zip(rows[0], scores[0], strict=True)]
        return sorted(found, key=lambda hit: (-hit[1], hit[0]))
