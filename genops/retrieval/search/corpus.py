"""The passages of a snapshot as rankers see them: rows from 0, wherever they are kept."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from genops.retrieval.filters import Filter
from genops.retrieval.snapshots.segment import DocumentRecord, Passage

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from genops.retrieval.embedders.embedder import Vectors


@dataclass(frozen=True, slots=True)
class Best:
    """A ranker's best rows.

    Attributes:
        rows: Best first, equal ones by chunk id.
        raw: The ranker's own numbers.
    """

    rows: NDArray[np.int64]
    raw: NDArray[np.float32]


class Words(Protocol):
    """One query's words, weighed.

    Attributes:
        bound: The most that any passage could score: the sum of the weights of the words that are known.
    """

    @property
    def bound(self) -> float: ...  # noqa: D102

    def best(self, depth: int, where: Filter | None) -> Best:
        """The rows with the highest BM25 scores, those above 0."""
        ...

    def scores(self, rows: NDArray[np.int64]) -> NDArray[np.float32]:
        """The BM25 score of each row."""
        ...


class Corpus(Protocol):
    """Where a snapshot's passages are: segments on this machine, a PostgreSQL table, a Qdrant collection.

    A filter is applied before the best are chosen, never after. Safe to use from several threads.
    """

    def dense(self, vectors: Vectors, depth: int, where: Filter | None) -> list[Best]:
        """The rows whose vectors are nearest to each query's, with cosines."""
        ...

    def cosines(self, vector: Vectors, rows: NDArray[np.int64]) -> NDArray[np.float32]:
        """The cosine of one query's vector and each row's."""
        ...

    def words(self, query: str, k1: float, b: float) -> Words:
        """BM25 of one query over the rows."""
        ...

    def vectors(self, rows: NDArray[np.int64]) -> Vectors:
        """Unit vectors of rows."""
        ...

    def ids(self, rows: NDArray[np.int64]) -> NDArray[np.uint64]:
        """Chunk ids of rows, as numbers: they order equal scores, whatever the layout."""
        ...

    def living(self) -> NDArray[np.int64]:
        """All rows that can be found, ascending."""
        ...

    def passages(self, rows: NDArray[np.int64]) -> list[tuple[DocumentRecord, Passage]]:
        """The passages of rows, with their documents."""
        ...

    def around(self, row: int, neighbours: int) -> tuple[int, int, str]:
        """Start, end and text of a passage with so many of its document's passages before and after it."""
        ...
