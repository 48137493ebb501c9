"""Brings a segment into its tables by COPY, in bounded memory."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import orjson

from genops.retrieval.backends.postgres.tables import Tables
from genops.retrieval.backends.rows import rows_of
from genops.retrieval.snapshots.segment import DocumentRecord, Segment

if TYPE_CHECKING:
    from psycopg import Connection

_BATCH = 4_096
_IN_LINE = 1_900
"""Numbers of a vector that fit on a page of the table; a longer one is stored beside it."""
GRAPH_DIMENSIONS = 2_000
"""The most that pgvector makes a graph of."""
_COPY_HEADER = b"PGCOPY\n\xff\r\n\0" + bytes(8)
_COPY_END = b"\xff\xff"


def push_segment(connection: Connection[Any], tables: Tables, segment: Segment, dimension: int) -> None:
    """Makes a segment's tables and fills them, inside the transaction of the connection."""
    from psycopg import sql

    def run(statement: str) -> None:
        connection.execute(
            sql.SQL(statement).format(
                documents=tables.documents,
                rows=tables.rows,
                vectors=tables.vectors,
                terms=tables.terms,
                dimension=sql.Literal(dimension),
            )
        )

    run("CREATE TABLE {documents} (number int, first_row int, rows int, record text, fields jsonb NOT NULL)")
    run(
        "CREATE TABLE {rows} (row int, document int, id text, start_at int, end_at int, text text, gap text,"
        " heading text, context text)"
    )
    run("CREATE TABLE {vectors} (row int, embedding vector({dimension}) NOT NULL)")
    run("CREATE TABLE {terms} (term text, rows int[], counts int[], lengths int[])")
    if dimension <= _IN_LINE:
        run("ALTER TABLE {vectors} ALTER COLUMN embedding SET STORAGE PLAIN")
    _copy_documents(connection, tables, segment)
    _copy_rows(connection, tables, segment)
    _copy_vectors(connection, tables, segment, dimension)
    _copy_terms(connection, tables, segment)
    run("ALTER TABLE {documents} ADD PRIMARY KEY (number)")
    run("CREATE INDEX ON {documents} USING gin (fields jsonb_path_ops)")
    run("ALTER TABLE {rows} ADD PRIMARY KEY (row)")
    run("ALTER TABLE {vectors} ADD PRIMARY KEY (row)")
    run("CREATE INDEX ON {terms} USING hash (term)")  # a term may be longer than a B-tree takes
    if has_graph(segment.entry.kind, dimension):
        run("CREATE INDEX ON {vectors} USING hnsw (embedding vector_ip_ops)")
    for table in ("{documents}", "{rows}", "{vectors}", "{terms}"):
        run(f"ANALYZE {table}")


def has_graph(kind: str, dimension: int) -> bool:
    """Whether a segment's vectors are searched by a graph, and not one by one."""
    return kind != "flat" and dimension <= GRAPH_DIMENSIONS


def renew_times(connection: Connection[Any], tables: Tables, segment: Segment, times: Mapping[str, int | None]) -> None:
    """Notes when documents of a segment that is there already were modified since, for all snapshots that share it."""
    from psycopg import sql

    statement = sql.SQL("UPDATE {} SET record = %s, fields = %s::jsonb WHERE number = %s AND record <> %s")
    renewed = [(number, record) for number, record in enumerate(segment.records()) if record.id in times]
    with connection.cursor() as cursor:
        cursor.executemany(
            statement.format(tables.documents),
            [(*_texts_of(record), number, _texts_of(record)[0]) for number, record in renewed],
        )


def _texts_of(record: DocumentRecord) -> tuple[str, str]:
    """What is kept of a document, and what it can be filtered by."""
    fields = {name: value for name, value in record.filterable().items() if value is not None}
    return orjson.dumps(record._asdict()).decode(), orjson.dumps(fields).decode()


def _copy_documents(connection: Connection[Any], tables: Tables, segment: Segment) -> None:
    def lines() -> Iterator[tuple[Any, ...]]:
        for number, record in enumerate(segment.records()):
            rows = segment.rows(number)
            yield number, rows.start, len(rows), *_texts_of(record)

    _copy(connection, tables.documents, lines())


def _copy_rows(connection: Connection[Any], tables: Tables, segment: Segment) -> None:
    def lines() -> Iterator[tuple[Any, ...]]:
        for document in range(segment.entry.documents):
            for row in rows_of(segment, document):
                it = row.passage
                yield row.number, document, it.id, it.start, it.end, it.text, row.gap, it.heading, it.context

    _copy(connection, tables.rows, lines())


def _copy_terms(connection: Connection[Any], tables: Tables, segment: Segment) -> None:
    postings = segment.postings

    def lines() -> Iterator[tuple[Any, ...]]:
        starts = postings.starts.tolist()
        for number, term in enumerate(postings.terms):
            held = slice(starts[number], starts[number + 1])
            rows = postings.holders[held]
            yield term, rows.tolist(), postings.counts[held].tolist(), postings.lengths[rows].tolist()

    _copy(connection, tables.terms, lines())


def _copy(connection: Connection[Any], table: Any, lines: Iterator[tuple[Any, ...]]) -> None:
    from psycopg import sql

    with connection.cursor() as cursor, cursor.copy(sql.SQL("COPY {} FROM STDIN").format(table)) as copy:
        for line in lines:
            copy.write_row(line)


def _copy_vectors(connection: Connection[Any], tables: Tables, segment: Segment, dimension: int) -> None:
    """In PostgreSQL's binary form, whole batches at once: a text of every number would be most of the work."""
    import numpy as np
    from psycopg import sql

    line = np.dtype(
        [
            ("fields", ">i2"),
            *(("row_size", ">i4"), ("row", ">i4")),
            *(("size", ">i4"), ("dimension", ">i2"), ("unused", ">i2"), ("numbers", ">f4", (dimension,))),
        ]
    )
    statement = sql.SQL("COPY {} FROM STDIN (FORMAT BINARY)").format(tables.vectors)
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        copy.write(_COPY_HEADER)
        for first in range(0, segment.entry.chunks, _BATCH):
            rows = np.arange(first, min(first + _BATCH, segment.entry.chunks))
            batch = np.zeros(len(rows), dtype=line)
            batch["fields"], batch["row_size"], batch["row"] = 2, 4, rows
            batch["size"], batch["dimension"] = 4 + 4 * dimension, dimension
            batch["numbers"] = segment.dense.vectors(rows)
            copy.write(batch.tobytes())
        copy.write(_COPY_END)
