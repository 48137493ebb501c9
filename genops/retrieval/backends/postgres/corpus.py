"""A snapshot's passages in PostgreSQL, as rankers see them: the rows of its segments, numbered through."""

from __future__ import annotations

import math
import threading
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import orjson

from genops.retrieval.backends.postgres.database import Database
from genops.retrieval.backends.postgres.filters import Condition, condition_of
from genops.retrieval.backends.postgres.part import Part
from genops.retrieval.backends.postgres.push import has_graph
from genops.retrieval.backends.postgres.tables import Tables
from genops.retrieval.backends.rows import Piece, pieced
from genops.retrieval.backends.weights import idf
from genops.retrieval.dense.unit import unit_vectors
from genops.retrieval.filters import Filter, Kinds
from genops.retrieval.lexical import Analyzer, query_tokens
from genops.retrieval.search.corpus import Best
from genops.retrieval.search.local import best_of
from genops.retrieval.snapshots.manifest import Manifest
from genops.retrieval.snapshots.segment import DocumentRecord, Passage

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from psycopg import Connection

    from genops.retrieval.embedders.embedder import Vectors

_REMEMBERED = 100_000
_TIED = 40
"""Rows fetched beyond those wanted, so that the ids of equal scores around the last say which are left out."""
_EXACT = """
    SELECT row, -(embedding <#> %s::vector) AS cosine FROM {vectors} WHERE {condition}
    ORDER BY cosine DESC, row LIMIT %s
"""
_GRAPH = """
    SELECT row, -(embedding <#> %s::vector) FROM {vectors} WHERE {condition}
    ORDER BY embedding <#> %s::vector LIMIT %s
"""
_WORDS = """
    SELECT p.row, sum(q.weight * p.count / (p.count + %s * (1 - %s + %s * p.length / %s))) AS score
    FROM unnest(%s::text[], %s::float8[]) AS q(term, weight)
    JOIN {terms} AS t ON t.term = q.term
    CROSS JOIN LATERAL unnest(t.rows, t.counts, t.lengths) AS p(row, count, length)
    WHERE {condition} GROUP BY p.row ORDER BY score DESC, p.row LIMIT %s
"""
_HOLDERS = """
    SELECT t.term, cardinality(t.rows) - (SELECT count(*) FROM unnest(t.rows) AS p(row) WHERE p.row = ANY(%s::int[]))
    FROM unnest(%s::text[]) AS q(term) JOIN {terms} AS t ON t.term = q.term
"""


class PostgresCorpus:
    """The segments of a snapshot.

    Args:
        database: Where they are.
        segments: Their names there.
        manifest: The snapshot's.
        kinds: What each field holds.
        tokens: Of all living passages together.
        analyzer: As the snapshot was built with; None where it has no words.
    """

    def __init__(
        self,
        database: Database,
        segments: Sequence[str],
        manifest: Manifest,
        kinds: Kinds,
        tokens: int,
        analyzer: Analyzer | None,
    ) -> None:
        self._database = database
        self._dimension = manifest.dimension
        self._kinds = kinds
        self._living = manifest.chunks
        self._average = tokens / max(1, manifest.chunks)
        self._analyzer = analyzer
        self._parts = self._opened(segments, manifest)
        self._known_holders: dict[str, int] = {}
        self._lock = threading.Lock()

    def _opened(self, segments: Sequence[str], manifest: Manifest) -> list[Part]:
        found, first = [], 0
        for name, entry in zip(segments, manifest.segments, strict=True):
            if not entry.chunks:
                continue
            graph = has_graph(entry.kind, manifest.dimension)
            part = Part(Tables(name), first, entry.chunks, graph, [])
            if entry.deleted:
                gone = "SELECT first_row, rows FROM {documents} WHERE number = ANY(%s)"
                spans = self._fetch(gone, part, [list(entry.deleted)])
                part.dead.extend(row for begin, rows in spans for row in range(begin, begin + rows))
            found.append(part)
            first += entry.chunks
        return found

    def dense(self, vectors: Vectors, depth: int, where: Filter | None) -> list[Best]:
        """The rows whose vectors are nearest to each query's, with cosines; a filter never loses one to the graph."""
        condition = self._condition(where)
        with self._database.connection() as connection:
            return [
                self._merged(
                    [self._nearest(connection, part, query, depth + _TIED, condition) for part in self._parts], depth
                )
                for query in map(_text_of, unit_vectors(vectors, self._dimension))
            ]

    def _nearest(
        self, connection: Connection[Any], part: Part, query: str, depth: int, where: Condition | None
    ) -> list[tuple[int, float]]:
        condition, parameters = part.living(where)
        if part.graph:
            found = self._by_graph(connection, part, query, depth, condition, parameters)
            if len(found) >= min(depth, part.rows - len(part.dead)):
                return found
        wanted = part.statement(_EXACT, condition=condition)
        return [
            (part.first + row, cosine)
            for row, cosine in connection.execute(wanted, [query, *parameters, depth]).fetchall()
        ]

    def _by_graph(
        self, connection: Connection[Any], part: Part, query: str, depth: int, condition: Any, parameters: list[Any]
    ) -> list[tuple[int, float]]:
        wanted = part.statement(_GRAPH, condition=condition)
        with connection.transaction():
            connection.execute(
                "SELECT set_config('hnsw.iterative_scan', 'strict_order', true),"
                " set_config('hnsw.ef_search', %s, true)",
                [str(min(1_000, max(100, 2 * depth)))],
            )
            found = connection.execute(wanted, [query, *parameters, query, depth]).fetchall()
        return [(part.first + row, cosine) for row, cosine in found]

    def _merged(self, found: Sequence[list[tuple[int, float]]], depth: int) -> Best:
        import numpy as np

        pairs = [pair for part in found for pair in part]
        rows = np.array([row for row, _ in pairs], dtype=np.int64)
        return best_of(rows, np.array([raw for _, raw in pairs], dtype=np.float32), depth, self.ids(rows))

    def cosines(self, vector: Vectors, rows: NDArray[np.int64]) -> NDArray[np.float32]:
        """The cosine of one query's vector and each row's."""
        import numpy as np

        statement = "SELECT row, -(embedding <#> %s::vector) FROM {vectors} WHERE row = ANY(%s)"
        found = self._by_row(statement, rows, [_text_of(vector)])
        return np.array([found[row][0] for row in rows.tolist()], dtype=np.float32)

    def words(self, query: str, k1: float, b: float) -> PostgresWords:
        """BM25 of one query over the rows."""
        tokens = Counter(query_tokens(query, self._analyzer))
        holders = self._holders(list(tokens))
        known = {term: times * idf(self._living, holders[term]) for term, times in tokens.items() if holders[term]}
        return PostgresWords(self, known, k1, b)

    def _holders(self, terms: list[str]) -> dict[str, int]:
        """Living rows that have each term; those of terms that were asked for before are known."""
        with self._lock:
            found = {term: self._known_holders[term] for term in terms if term in self._known_holders}
        missing = [term for term in terms if term not in found]
        if missing:
            found |= dict.fromkeys(missing, 0)
            for part in self._parts:
                for term, holders in self._fetch(_HOLDERS, part, [part.dead, missing]):
                    found[term] += holders
            with self._lock:
                if len(self._known_holders) > _REMEMBERED:
                    self._known_holders.clear()
                self._known_holders.update(found)
        return found

    def weighed(self, weights: dict[str, float], k1: float, b: float, depth: int, where: Filter | None) -> Best:
        """The rows that score highest for weighed words."""
        condition = self._condition(where)
        parameters = [k1, b, b, self._average, list(weights), list(weights.values())]
        found = []
        for part in self._parts if weights else ():
            living, values = part.living(condition)
            best = self._fetch(_WORDS, part, [*parameters, *values, depth + _TIED], condition=living)
            found.append([(part.first + row, score) for row, score in best])
        return self._merged(found, depth)

    def weighed_rows(
        self, weights: dict[str, float], k1: float, b: float, rows: NDArray[np.int64]
    ) -> NDArray[np.float32]:
        """What each row scores for weighed words."""
        import numpy as np
        from psycopg import sql

        parameters = [k1, b, b, self._average, list(weights), list(weights.values())]
        found: dict[int, float] = {}
        for part, mine in self._split(rows) if weights else ():
            among = sql.SQL("p.row = ANY(%s::int[])")
            scores = self._fetch(_WORDS, part, [*parameters, mine, len(mine)], condition=among)
            found |= {part.first + row: score for row, score in scores}
        return np.array([found.get(row, 0.0) for row in rows.tolist()], dtype=np.float32)

    def vectors(self, rows: NDArray[np.int64]) -> Vectors:
        """Unit vectors of rows."""
        import numpy as np

        found = self._by_row("SELECT row, embedding::real[] FROM {vectors} WHERE row = ANY(%s)", rows)
        return np.array([found[row][0] for row in rows.tolist()], dtype=np.float32).reshape(-1, self._dimension)

    def ids(self, rows: NDArray[np.int64]) -> NDArray[np.uint64]:
        """Chunk ids of rows, as numbers."""
        import numpy as np

        found = self._by_row("SELECT row, id FROM {rows} WHERE row = ANY(%s)", rows)
        return np.array([int(found[row][0], 16) for row in rows.tolist()], dtype=np.uint64)

    def living(self) -> NDArray[np.int64]:
        """All rows that are not deleted, ascending."""
        import numpy as np

        found = [part.first + np.setdiff1d(np.arange(part.rows), part.dead) for part in self._parts]
        return np.concatenate(found) if found else np.empty(0, np.int64)

    def passages(self, rows: NDArray[np.int64]) -> list[tuple[DocumentRecord, Passage]]:
        """The passages of rows, with their documents."""
        found = self._by_row(
            "SELECT r.row, d.record, r.id, r.document, r.start_at, r.end_at, r.text, r.heading, r.context"
            " FROM {rows} AS r JOIN {documents} AS d ON d.number = r.document WHERE r.row = ANY(%s)",
            rows,
        )
        return [
            (DocumentRecord(**orjson.loads(record)), Passage(*passage))
            for record, *passage in (found[row] for row in rows.tolist())
        ]

    def around(self, row: int, neighbours: int) -> tuple[int, int, str]:
        """Start, end and text of a passage with its neighbours."""
        part = next(part for part in reversed(self._parts) if part.first <= row)
        local = row - part.first
        pieces = self._fetch(
            "SELECT n.start_at, n.end_at, n.text, n.gap FROM {rows} AS r JOIN {rows} AS n ON n.document = r.document"
            " WHERE r.row = %s AND n.row BETWEEN %s AND %s ORDER BY n.row",
            part,
            [local, local - neighbours, local + neighbours],
        )
        return pieced([Piece(*piece) for piece in pieces])

    def _condition(self, where: Filter | None) -> Condition | None:
        return None if where is None else condition_of(where, self._kinds)

    def _split(self, rows: NDArray[np.int64]) -> list[tuple[Part, list[int]]]:
        """Rows by the segment that has them, numbered as there."""
        found = []
        for part in self._parts:
            mine = rows[(rows >= part.first) & (rows < part.first + part.rows)] - part.first
            if len(mine):
                found.append((part, mine.tolist()))
        return found

    def _by_row(self, statement: str, rows: NDArray[np.int64], parameters: Sequence[Any] = ()) -> dict[int, Any]:
        """What a statement gives for each row: its first column is the row, its last parameter the rows."""
        return {
            part.first + row: rest
            for part, mine in self._split(rows)
            for row, *rest in self._fetch(statement, part, [*parameters, mine])
        }

    def _fetch(self, statement: str, part: Part, parameters: Sequence[Any], **more: Any) -> list[tuple[Any, ...]]:
        with self._database.connection() as connection:
            return connection.execute(part.statement(statement, **more), parameters).fetchall()


@dataclass(frozen=True, slots=True)
class PostgresWords:
    """One query's known terms, each weighed by its idf and how often the query has it."""

    corpus: PostgresCorpus
    weights: dict[str, float]
    k1: float
    b: float

    @property
    def bound(self) -> float:
        """The most that any passage could score."""
        return math.fsum(self.weights.values())

    def best(self, depth: int, where: Filter | None) -> Best:
        """The rows with the highest BM25 scores, those above 0."""
        return self.corpus.weighed(self.weights, self.k1, self.b, depth, where)

    def scores(self, rows: NDArray[np.int64]) -> NDArray[np.float32]:
        """The BM25 score of each row."""
        return self.corpus.weighed_rows(self.weights, self.k1, self.b, rows)


def _text_of(vector: Vectors) -> str:
    """A vector as pgvector reads it."""
    return f"[{','.join(map(repr, vector.tolist()))}]"
