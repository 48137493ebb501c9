"""A snapshot's passages in a collection, as rankers see them."""

from __future__ import annotations

import math
import threading
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import orjson

from genops.errors import InputError, SnapshotError
from genops.retrieval.backends.qdrant.client import Connection
from genops.retrieval.backends.qdrant.filters import condition_of
from genops.retrieval.backends.qdrant.layout import DATA, DENSE, DOCUMENT, ROW_ID, SHEET, WORDS, Layout
from genops.retrieval.backends.rows import Piece, pieced
from genops.retrieval.backends.weights import idf
from genops.retrieval.dense.unit import unit_vectors
from genops.retrieval.filters import Filter
from genops.retrieval.lexical import Analyzer, query_tokens
from genops.retrieval.search.corpus import Best
from genops.retrieval.search.local import best_of
from genops.retrieval.snapshots.segment import DocumentRecord, Passage

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from qdrant_client import models

    from genops.retrieval.embedders.embedder import Vectors

_REMEMBERED = 100_000
_TIED = 40
"""Rows fetched beyond those wanted, so that the ids of equal scores around the last say which are left out."""
_PIECE = ("start", "end", "text", "gap")


class QdrantCorpus:
    """The points of a collection.

    Args:
        connection: Where it is.
        layout: What is where in it.
        dimension: Numbers in a vector.
        approximate: Whether the server's graph is searched, instead of every vector.
        analyzer: As the snapshot was built with; None where it has no words.
    """

    def __init__(
        self, connection: Connection, layout: Layout, dimension: int, approximate: bool, analyzer: Analyzer | None
    ) -> None:
        self._connection = connection
        self._layout = layout
        self._dimension = dimension
        self._approximate = approximate
        self._analyzer = analyzer
        self._known_ids: dict[int, int] = {}
        self._lock = threading.Lock()
        self._bucket = lru_cache(maxsize=2_048)(self._read_bucket)
        self._values = lru_cache(maxsize=None)(self._read_values)
        self._condition = lru_cache(maxsize=64)(self._translated)

    def dense(self, vectors: Vectors, depth: int, where: Filter | None) -> list[Best]:
        """The rows whose vectors are nearest to each query's, with cosines; a filter never loses one to the graph."""
        queries = unit_vectors(vectors, self._dimension)
        condition = self._condition(where) if where is not None else None
        wanted = min(depth, self._layout.rows)
        found = self._nearest(queries, depth, condition, exact=not self._approximate)
        lost = [at for at, best in enumerate(found) if self._approximate and len(best.rows) < wanted]
        if lost:
            for at, best in zip(lost, self._nearest(queries[lost], depth, condition, exact=True), strict=True):
                found[at] = best
        return found

    def _nearest(self, queries: Vectors, depth: int, condition: models.Filter | None, exact: bool) -> list[Best]:
        from qdrant_client import models

        limit = min(depth + _TIED, self._layout.rows)
        how = models.SearchParams(exact=True) if exact else models.SearchParams(hnsw_ef=max(256, 2 * limit))
        asked = [
            models.QueryRequest(
                query=query.tolist(), using=DENSE, limit=limit, filter=condition, params=how, with_payload=[ROW_ID]
            )
            for query in queries
        ]
        with self._connection.client() as client:
            answers = client.query_batch_points(self._layout.collection, asked)
        return [self._best(answer.points, depth) for answer in answers]

    def _best(self, points: Iterable[Any], depth: int) -> Best:
        import numpy as np

        points = list(points)
        self._remember(points)
        rows = np.array([point.id for point in points], dtype=np.int64)
        raw = np.array([point.score for point in points], dtype=np.float32)
        return best_of(rows, raw, depth, self.ids(rows))

    def cosines(self, vector: Vectors, rows: NDArray[np.int64]) -> NDArray[np.float32]:
        """The cosine of one query's vector and each row's."""
        from qdrant_client import models

        return self.scores_among(rows, vector.tolist(), DENSE, models.SearchParams(exact=True))

    def scores_among(self, rows: NDArray[np.int64], query: Any, using: str, how: Any = None) -> NDArray[np.float32]:
        """What each row scores; 0 where nothing is said of it."""
        import numpy as np
        from qdrant_client import models

        scores = np.zeros(len(rows), dtype=np.float32)
        if not len(rows):
            return scores
        among = models.Filter(must=[models.HasIdCondition(has_id=rows.tolist())])
        with self._connection.client() as client:
            points = client.query_points(
                self._layout.collection,
                query=query,
                using=using,
                limit=len(rows),
                query_filter=among,
                search_params=how,
                with_payload=False,
            ).points
        found = {point.id: point.score for point in points}
        for at, row in enumerate(rows.tolist()):
            scores[at] = found.get(row, 0.0)
        return scores

    def words(self, query: str, k1: float, b: float) -> QdrantWords:
        """BM25 of one query over the rows.

        Raises:
            InputError: The rows were weighed with another ``k1`` or ``b`` when they were pushed.
        """
        layout = self._layout
        if (k1, b) != (layout.k1, layout.b):
            raise InputError(
                f"this index is in Qdrant, where its words are weighed with k1 = {layout.k1:g} and b = {layout.b:g},"
                f" not with {k1:g} and {b:g}",
                hint="set them in the index's `search` and build it again",
            )
        numbers, weights = [], []
        for term, times in Counter(query_tokens(query, self._analyzer)).items():
            known = self._bucket(layout.bucket(term)).get(term)
            if known is not None:
                numbers.append(known[0])
                weights.append(times * idf(layout.rows, known[1]))
        return QdrantWords(self, numbers, weights)

    def _read_bucket(self, point: int) -> dict[str, tuple[int, int]]:
        (found,) = self._data([point])
        return found  # type: ignore[no-any-return]

    def best_words(self, query: models.SparseVector, depth: int, where: Filter | None) -> Best:
        """The rows that score highest for weighed words."""
        condition = self._condition(where) if where is not None else None
        with self._connection.client() as client:
            points = client.query_points(
                self._layout.collection,
                query=query,
                using=WORDS,
                limit=min(depth + _TIED, self._layout.rows),
                query_filter=condition,
                with_payload=[ROW_ID],
            ).points
        return self._best((point for point in points if point.score > 0), depth)

    def vectors(self, rows: NDArray[np.int64]) -> Vectors:
        """Unit vectors of rows."""
        import numpy as np

        found = self._points(rows.tolist(), vectors=[DENSE])
        return np.array([point.vector[DENSE] for point in found], dtype=np.float32).reshape(-1, self._dimension)

    def ids(self, rows: NDArray[np.int64]) -> NDArray[np.uint64]:
        """Chunk ids of rows, as numbers; those of rows that were just found are known."""
        import numpy as np

        wanted = rows.tolist()
        with self._lock:
            known = {row: self._known_ids[row] for row in wanted if row in self._known_ids}
        missing = [row for row in wanted if row not in known]
        if missing:
            known |= self._remember(self._points(missing, payload=[ROW_ID]))
        return np.array([known[row] for row in wanted], dtype=np.uint64)

    def _remember(self, points: Sequence[Any]) -> dict[int, int]:
        found = {point.id: int(point.payload[ROW_ID], 16) for point in points}
        with self._lock:
            if len(self._known_ids) > _REMEMBERED:
                self._known_ids.clear()
            self._known_ids.update(found)
        return found

    def living(self) -> NDArray[np.int64]:
        """All rows: a collection holds no others."""
        import numpy as np

        return np.arange(self._layout.rows)

    def passages(self, rows: NDArray[np.int64]) -> list[tuple[DocumentRecord, Passage]]:
        """The passages of rows, with their documents."""
        points = self._points(rows.tolist(), payload=[ROW_ID, DOCUMENT, "start", "end", "text", "heading", "context"])
        payloads = [point.payload for point in points]
        documents = self._documents([payload[DOCUMENT] for payload in payloads])
        return [
            (DocumentRecord(**record), Passage(**payload))
            for payload, (record, _, _) in zip(payloads, documents, strict=True)
        ]

    def _documents(self, numbers: Sequence[int]) -> list[tuple[dict[str, Any], int, int]]:
        """Documents, each with its first row and the number of its rows."""
        sheets = list(dict.fromkeys(map(self._layout.sheet, numbers)))
        held = dict(zip(sheets, self._data(sheets), strict=True))
        return [held[self._layout.sheet(number)][number % SHEET] for number in numbers]

    def around(self, row: int, neighbours: int) -> tuple[int, int, str]:
        """Start, end and text of a passage with its neighbours."""
        (found,) = self._points([row], payload=[DOCUMENT])
        ((_, begin, rows),) = self._documents([found.payload[DOCUMENT]])
        near = range(max(begin, row - neighbours), min(begin + rows, row + neighbours + 1))
        return pieced([Piece(**point.payload) for point in self._points(list(near), payload=list(_PIECE))])

    def check(self, where: Filter | None) -> None:
        """Makes sure that a filter can be meant.

        Raises:
            InputError: It cannot.
        """
        if where is not None:
            self._condition(where)

    def _translated(self, where: Filter) -> models.Filter:
        return condition_of(where, self._layout.kinds, self._values)

    def _read_values(self, name: str) -> list[Any]:
        """The distinct values of a field, rising."""
        return [value for part in self._data(self._layout.parts(f"values {name}")) for value in part]

    def _data(self, points: Sequence[int]) -> list[Any]:
        return [orjson.loads(point.payload[DATA]) for point in self._points(points, payload=[DATA])]

    def _points(
        self, numbers: Sequence[int], payload: list[str] | None = None, vectors: list[str] | None = None
    ) -> list[Any]:
        """Points, in the order in which they are asked for."""
        if not numbers:
            return []
        with self._connection.client() as client:
            found = client.retrieve(
                self._layout.collection, list(numbers), with_payload=payload or False, with_vectors=vectors or False
            )
        held = {point.id: point for point in found}
        try:
            return [held[number] for number in numbers]
        except KeyError as error:
            raise SnapshotError(
                f"the index snapshot in {self._connection.place} lacks point {error}",
                hint="build the index again after removing this snapshot",
            ) from None


@dataclass(frozen=True, slots=True)
class QdrantWords:
    """One query's known terms, by number, each weighed by its idf and how often the query has it."""

    corpus: QdrantCorpus
    terms: list[int]
    weights: list[float]
    _found: dict[int, float] = field(default_factory=dict)

    @property
    def bound(self) -> float:
        """The most that any passage could score."""
        return math.fsum(self.weights)

    def best(self, depth: int, where: Filter | None) -> Best:
        """The rows with the highest BM25 scores, those above 0."""
        import numpy as np

        if not self.terms:
            self.corpus.check(where)
            return Best(np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.float32))
        return self.corpus.best_words(self._query(), depth, where)

    def scores(self, rows: NDArray[np.int64]) -> NDArray[np.float32]:
        """The BM25 score of each row."""
        import numpy as np

        if not self.terms:
            return np.zeros(len(rows), dtype=np.float32)
        return self.corpus.scores_among(rows, self._query(), WORDS)

    def _query(self) -> models.SparseVector:
        from qdrant_client import models

        return models.SparseVector(indices=self.terms, values=self.weights)
