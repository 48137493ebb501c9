"""Brings a snapshot into a collection, batch by batch, in bounded memory."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any

import orjson

from genops.retrieval.backends.qdrant.client import Connection
from genops.retrieval.backends.qdrant.filters import FIELDS, HAS, RANKS, key_of
from genops.retrieval.backends.qdrant.layout import (
    BLOCK,
    BUCKET,
    DATA,
    DENSE,
    DOCUMENT,
    ROW_ID,
    SHEET,
    WORDS,
    Layout,
    bucket_of,
)
from genops.retrieval.backends.rows import approximates, rows_of
from genops.retrieval.backends.weights import living_postings, row_weights
from genops.retrieval.filters import Columns
from genops.retrieval.filters.column import ScalarColumn
from genops.retrieval.lexical import Postings
from genops.retrieval.snapshots.snapshot import Place, Snapshot

if TYPE_CHECKING:
    from qdrant_client import models

_BATCH = 256
_ORDERED = ("numbers", "text")


class Push:
    """One snapshot on its way.

    Args:
        connection: Where to.
        collection: A new one.
        snapshot: Of this machine, verified.
    """

    def __init__(self, connection: Connection, collection: str, snapshot: Snapshot) -> None:
        self._connection = connection
        self._collection = collection
        self._snapshot = snapshot
        self._search = snapshot.manifest.identity.search
        self._columns = Columns.of([record.filterable() for record in snapshot.records()])
        self._ordered = {
            name: column
            for name, column in self._columns.by_field.items()
            if isinstance(column, ScalarColumn) and column.kind in _ORDERED
        }

    def run(self) -> Layout:
        """Makes the collection and fills it."""
        self._create()
        postings = living_postings(self._snapshot)
        rows, sheets = postings.rows, -(-self._columns.count // SHEET)
        self._upload(self._rows(postings))
        self._upload(self._sheets(rows))
        buckets = max(1, len(postings.terms) // BUCKET)
        self._upload(_buckets(postings, rows + sheets, buckets))
        lists: dict[str, tuple[int, int]] = {}
        first = rows + sheets + buckets
        for name, items in self._lists():
            count = -(-len(items) // BLOCK)
            lists[name] = (first, count)
            self._upload(
                _point(first + number, {DATA: orjson.dumps(items[number * BLOCK :][:BLOCK]).decode()})
                for number in range(count)
            )
            first += count
        return Layout(
            collection=self._collection,
            rows=rows,
            sheets=sheets,
            buckets=buckets,
            lists=lists,
            points=first,
            kinds=dict(self._columns.kinds),
            k1=self._search.k1,
            b=self._search.b,
        )

    def _create(self) -> None:
        """Of few rows every vector is compared, and the server need not make a graph."""
        from qdrant_client import models

        graph = None if approximates(self._snapshot.manifest) else models.HnswConfigDiff(m=0)
        size = self._snapshot.manifest.dimension
        with self._connection.client() as client:
            client.create_collection(
                self._collection,
                vectors_config={DENSE: models.VectorParams(size=size, distance=models.Distance.DOT)},
                sparse_vectors_config={WORDS: models.SparseVectorParams()},
                hnsw_config=graph,
                on_disk_payload=True,
            )
            if not self._connection.local:
                for key, schema in self._looked_at():
                    client.create_payload_index(self._collection, key, schema)

    def _looked_at(self) -> Iterator[tuple[str, models.PayloadSchemaType]]:
        """What filters look at in a payload."""
        from qdrant_client import models

        yield HAS, models.PayloadSchemaType.KEYWORD
        for name, kind in self._columns.kinds.items():
            if kind in ("text", "lists of text"):
                yield key_of(FIELDS, name), models.PayloadSchemaType.KEYWORD
            elif kind == "truth values":
                yield key_of(FIELDS, name), models.PayloadSchemaType.BOOL
            if name in self._ordered:
                yield key_of(RANKS, name), models.PayloadSchemaType.INTEGER

    def _upload(self, points: Iterable[models.PointStruct]) -> None:
        points = iter(points)
        while batch := list(islice(points, _BATCH)):
            with self._connection.client() as client:
                client.upsert(self._collection, batch, wait=True)

    def _rows(self, postings: Postings) -> Iterator[models.PointStruct]:
        from qdrant_client import models

        weights = row_weights(postings, self._search.k1, self._search.b)
        number = 0
        for document, place in enumerate(self._snapshot.places()):
            about = {DOCUMENT: document, **self._filterable(place, document)}
            rows = list(rows_of(place.segment, place.position))
            if not rows:
                continue
            vectors = place.segment.dense.vectors(_numbers([row.number for row in rows]))
            for row, vector in zip(rows, vectors, strict=True):
                words, passage = next(weights), row.passage
                vectors_of: dict[str, Any] = {DENSE: vector.tolist()}
                if len(words.terms):
                    vectors_of[WORDS] = models.SparseVector(indices=words.terms.tolist(), values=words.weights.tolist())
                payload = {
                    ROW_ID: passage.id,
                    "start": passage.start,
                    "end": passage.end,
                    "text": passage.text,
                    "heading": passage.heading,
                    "context": passage.context,
                    "gap": row.gap,
                    **about,
                }
                yield models.PointStruct(id=number, vector=vectors_of, payload=payload)
                number += 1

    def _filterable(self, place: Place, document: int) -> dict[str, Any]:
        """What a filter looks at; a value that does not compare with the field's others is left out."""
        fields: dict[str, Any] = {}
        ranks: dict[str, int] = {}
        has = []
        for name, value in place.record.filterable().items():
            column = self._columns.by_field.get(name)
            if value is None or column is None or isinstance(column, str):
                continue
            has.append(name)
            if column.kind != "numbers":
                fields[name] = value
            if name in self._ordered:
                ranks[name] = int(self._ordered[name].codes[document])
        return {FIELDS: fields, RANKS: ranks, HAS: has}

    def _sheets(self, first: int) -> Iterator[models.PointStruct]:
        """Every document as it was, with its first row and the number of its rows."""
        documents = self._documents()
        while sheet := list(islice(documents, SHEET)):
            yield _point(first, {DATA: orjson.dumps(sheet).decode()})
            first += 1

    def _documents(self) -> Iterator[tuple[dict[str, Any], int, int]]:
        row = 0
        for place in self._snapshot.places():
            rows = len(place.segment.rows(place.position))
            yield place.record._asdict(), row, rows
            row += rows

    def _lists(self) -> Iterator[tuple[str, Sequence[Any]]]:
        yield "sources", self._snapshot.sources()
        for name, column in self._ordered.items():
            yield f"values {name}", column.rising


def _point(number: int, payload: dict[str, Any]) -> models.PointStruct:
    """One without vectors, which no search finds."""
    from qdrant_client import models

    return models.PointStruct(id=number, vector={}, payload=payload)


def _buckets(postings: Postings, first: int, buckets: int) -> Iterator[models.PointStruct]:
    """Each term with its number and how many rows have it."""
    import numpy as np

    held: list[dict[str, tuple[int, int]]] = [{} for _ in range(buckets)]
    for number, (term, holders) in enumerate(zip(postings.terms, np.diff(postings.starts).tolist(), strict=True)):
        held[bucket_of(term, buckets)][term] = (number, holders)
    for at, terms in enumerate(held):
        yield _point(first + at, {DATA: orjson.dumps(terms).decode()})


def _numbers(rows: Sequence[int]) -> Any:
    import numpy as np

    return np.array(rows, dtype=np.int64)
