"""One transaction of the writer: records in, rows out, in a few large statements.

On SQLite rows go in by statements of up to 256 rows each. ``executemany`` gives the interpreter lock back after every
row, and beside a busy main thread waits a whole switch interval (5 ms) to get it again: 500 rows a second. Connections
keep statements prepared, each with its last values: few sizes, and none large, keep that memory small and steady.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import Any, Generic, TypeVar

from sqlalchemy import Connection, Table

from genops.artifacts import Component, Lock, canonical_bytes
from genops.store import tables
from genops.store.records.runs import RunRecord, SpanRecord
from genops.store.tables.columns import json_text

T = TypeVar("T")

PAYLOAD_LOCK = 0x67656E6F7074
SEARCHED_CHARACTERS = 20_000
_ROWS_PER_STATEMENT = 256
_UNCHANGING = (tables.payload, tables.component, tables.lock, tables.lock_component)
_REMEMBERED_RUNS = 8192
_REMEMBERED_PAYLOADS = 16384


@dataclass(slots=True)
class Batch:
    """What waits to be written; later records of the same thing take the place of earlier ones.

    Attributes:
        closures: Locks with their components, by the lock's digest.
        runs: By id.
        spans: By run id and number.
        payloads: Bytes by digest.
        cache: Bytes by kind and key.
    """

    closures: dict[str, tuple[Lock, Sequence[Component]]] = field(default_factory=dict)
    runs: dict[str, RunRecord] = field(default_factory=dict)
    spans: dict[tuple[str, int], SpanRecord] = field(default_factory=dict)
    payloads: dict[str, bytes] = field(default_factory=dict)
    cache: dict[tuple[str, str], bytes] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.closures) + len(self.runs) + len(self.spans) + len(self.payloads) + len(self.cache)

    def size(self) -> int:
        """Bytes of payloads and cache entries."""
        return sum(map(len, self.payloads.values())) + sum(map(len, self.cache.values()))

    def update(self, later: Batch) -> None:
        """Adds what came later."""
        self.closures.update(later.closures)
        self.runs.update(later.runs)
        self.spans.update(later.spans)
        self.payloads.update(later.payloads)
        self.cache.update(later.cache)

    def part_begun(self, since: int, until: int) -> Batch:
        """Takes out the runs of which all that is here began in a span of time, in nanoseconds, and has not ended.

        Their payloads are in both: other records may name them too.
        """
        further = {run.id for run in self.runs.values() if run.status != "running" or not since <= run.started <= until}
        for (run_id, _), span in self.spans.items():
            if run_id not in further and (span.status != "running" or not since <= span.started <= until):
                further.add(run_id)
        runs, spans, begun = self.runs, self.spans, Batch()
        self.runs, self.spans = {}, {}
        named: set[str | None] = set()
        for run_id, run in runs.items():
            if run_id in further:
                self.runs[run_id] = run
            else:
                begun.runs[run_id] = run
                named.add(run.inputs)
        for key, span in spans.items():
            if key[0] in further:
                self.spans[key] = span
            else:
                begun.spans[key] = span
                named.add(span.input)
        begun.payloads = {digest: data for digest, data in self.payloads.items() if digest in named}
        return begun

    def singles(self) -> Iterable[Batch]:
        """Batches of one record each, in an order in which they can be written."""
        for digest, data in self.payloads.items():
            yield Batch(payloads={digest: data})
        for lock, closure in self.closures.items():
            yield Batch(closures={lock: closure})
        for run in self.runs.values():
            yield Batch(runs={run.id: run})
        for key, span in self.spans.items():
            yield Batch(spans={key: span})
        for entry, value in self.cache.items():
            yield Batch(cache={entry: value})


class _Recent(Generic[T]):
    """A mapping that forgets: of two generations the older is dropped when the younger is full."""

    def __init__(self, limit: int) -> None:
        self._half = limit // 2
        self._young: dict[str, T] = {}
        self._old: dict[str, T] = {}

    def __len__(self) -> int:
        return len(self._young) + len(self._old)

    def get(self, name: str) -> T | None:
        found = self._young.get(name)
        return self._old.get(name) if found is None else found

    def update(self, entries: dict[str, T]) -> None:
        self._young.update(entries)
        if len(self._young) > self._half:
            self._old, self._young = self._young, {}

    def clear(self) -> None:
        self._young, self._old = {}, {}


class BatchWriter:
    """Writes batches over one DBAPI connection, and remembers what saves lookups: run keys, recent payloads.

    Args:
        connection: Of sqlite3 (in autocommit mode) or psycopg.
    """

    def __init__(self, connection: Any) -> None:
        self._connection = connection
        self._sqlite = type(connection).__module__.startswith("sqlite3")
        self._mark = "?" if self._sqlite else "%s"
        self._statements: dict[tuple[str, int], str] = {}
        self._keys: _Recent[int] = _Recent(_REMEMBERED_RUNS)
        self._written: _Recent[bool] = _Recent(_REMEMBERED_PAYLOADS)
        self._sweeps = -1

    def close(self) -> None:
        """Gives the connection back."""
        self._connection.close()

    def write(self, batch: Batch, lost: dict[str, int]) -> tuple[list[SpanRecord], list[str]]:
        """Writes a batch and commits it.

        Args:
            batch: The records; their state of now is what is written.
            lost: Dropped records by run id, to be added to the runs' rows.

        Returns:
            Spans whose run is not in the database, which were left out, and the ids in ``lost`` that were noted.
        """
        cursor = self._connection.cursor()
        try:
            self._begin(cursor)
            payloads = {d: data for d, data in batch.payloads.items() if not self._written.get(d)}
            in_index_order = sorted((bytes.fromhex(digest), data) for digest, data in payloads.items())
            self._put(cursor, tables.payload, in_index_order)
            self._put_closures(cursor, batch)
            keys = self._run_keys(cursor, batch)
            self._put_runs(cursor, batch, keys)
            orphans = [span for span in batch.spans.values() if span.run not in keys]
            rows = [_span_row(keys[s.run], s) for s in batch.spans.values() if s.run in keys]
            self._put(cursor, tables.span, rows)
            self._put(cursor, tables.cache_entry, [(*entry, value) for entry, value in batch.cache.items()])
            noted = [run for run, count in lost.items() if self._note_lost(cursor, run, count)]
            self._connection.commit()
        except BaseException:
            self._connection.rollback()
            raise
        finally:
            cursor.close()
        self._keys.update(keys)
        self._written.update(dict.fromkeys(payloads, True))
        return orphans, noted

    def _begin(self, cursor: Any) -> None:
        if self._sqlite:
            cursor.execute("BEGIN IMMEDIATE")
        else:  # keeps deletions of payloads out for as long, as the write lock does on SQLite
            cursor.execute("SELECT pg_advisory_xact_lock_shared(%s)", (PAYLOAD_LOCK,))
        cursor.execute("SELECT count FROM sweep")
        (sweeps,) = cursor.fetchone()
        if sweeps != self._sweeps:
            self._written.clear()
            self._keys.clear()
            self._sweeps = sweeps

    def _put_closures(self, cursor: Any, batch: Batch) -> None:
        for lock, parts in batch.closures.values():
            bodies = sorted((c.digest, c.kind, c.name, canonical_bytes(c.body).decode()) for c in parts)
            entries = [
                (lock.digest, position, e.kind, e.name, e.source, e.digest, json_text(e.uses))
                for position, e in enumerate(lock.entries)
            ]
            self._put(cursor, tables.component, bodies)
            self._put(cursor, tables.lock, [(lock.digest, lock.chain)])
            self._put(cursor, tables.lock_component, entries)

    def _run_keys(self, cursor: Any, batch: Batch) -> dict[str, int]:
        wanted = {*batch.runs, *(run for run, _ in batch.spans)}
        keys = {run: key for run in wanted if (key := self._keys.get(run)) is not None}
        keys.update(self._select(cursor, "id", "id, key", [run for run in wanted if run not in keys]))
        self._propose_keys(cursor, [run for run in batch.runs.values() if run.id not in keys], keys)
        return keys

    def _propose_keys(self, cursor: Any, new: list[RunRecord], keys: dict[str, int]) -> None:
        """Gives each new run its start, or the first free nanosecond after it, for a key."""
        after: dict[int, int] = {}
        used: set[int] = set()
        while new:
            proposed: dict[int, str] = {}
            for run in new:
                key = after.get(run.started, run.started)
                while key in used:
                    key += 1
                after[run.started] = key + 1
                used.add(key)
                proposed[key] = run.id
            taken = {key for (key,) in self._select(cursor, "key", "key", list(proposed))}
            keys.update({run: key for key, run in proposed.items() if key not in taken})
            new = [run for run in new if run.id not in keys]

    def _select(self, cursor: Any, column: str, columns: str, values: Sequence[Any]) -> list[Any]:
        found: list[Any] = []
        for part in padded_parts(values):
            marks = ",".join([self._mark] * len(part))
            cursor.execute(f"SELECT {columns} FROM run WHERE {column} IN ({marks})", part)
            found.extend(cursor.fetchall())
        return found

    def _put_runs(self, cursor: Any, batch: Batch, keys: dict[str, int]) -> None:
        runs = batch.runs.values()
        self._put(cursor, tables.run, [_run_row(keys[run.id], run) for run in runs])
        ended = [run for run in runs if run.status != "running" and run.text]
        self._put(cursor, tables.run_text, [(keys[run.id], clean(run.text[:SEARCHED_CHARACTERS])) for run in ended])
        self._put(cursor, tables.run_tag, [(clean(tag), keys[run.id]) for run in runs for tag in set(run.tags)])

    def _note_lost(self, cursor: Any, run: str, count: int) -> bool:
        cursor.execute(f"UPDATE run SET dropped = dropped + {self._mark} WHERE id = {self._mark}", (count, run))
        return bool(cursor.rowcount)

    def _put(self, cursor: Any, table: Table, rows: list[tuple[Any, ...]]) -> None:
        if self._sqlite:
            for part in padded_parts(rows):
                cursor.execute(self._upsert(table, len(part)), list(chain.from_iterable(part)))
        elif rows:
            cursor.executemany(self._upsert(table, 1), rows)

    def _upsert(self, table: Table, rows: int) -> str:
        statement = self._statements.get((table.name, rows))
        if statement is None:
            statement = self._statements[table.name, rows] = upsert(table, self._mark, rows)
        return statement


def padded_parts(items: Sequence[Any]) -> Iterator[list[Any]]:
    """Parts whose sizes are powers of two: few sizes, so that statements stay prepared.

    The last item is repeated where that is cheaper than a statement more.
    """
    start = 0
    while (left := len(items) - start) > 0:
        size = min(_ROWS_PER_STATEMENT, 1 << (left - 1).bit_length())
        if size - left > 2 + left // 8:
            size //= 2
        part = list(items[start : start + size])
        yield part + part[-1:] * (size - len(part))
        start += size


def insert_rows(connection: Connection, table: Table, rows: Sequence[tuple[Any, ...]]) -> None:
    """Inserts rows of a table with a primary key or brings them up to date, inside of the caller's transaction."""
    if connection.dialect.name == "sqlite":
        for part in padded_parts(rows):
            connection.exec_driver_sql(upsert(table, "?", len(part)), tuple(chain.from_iterable(part)))
    elif rows:
        connection.exec_driver_sql(upsert(table, "%s", 1), list(rows))


def upsert(table: Table, mark: str, rows: int) -> str:
    """SQL that inserts rows or brings them up to date. Tags and what stands under its digest never change."""
    row = f"({','.join([mark] * len(table.columns))})"
    columns = ",".join(f'"{column.name}"' for column in table.columns)
    identity = ["id"] if table is tables.run else [column.name for column in table.primary_key]
    key = ",".join(f'"{name}"' for name in identity)
    kept = {"id", "dropped"} if table is tables.run else set()
    changes = [f'"{c.name}"=excluded."{c.name}"' for c in table.columns if not c.primary_key and c.name not in kept]
    fixed = not changes or table in _UNCHANGING
    action = "NOTHING" if fixed else "UPDATE SET " + ",".join(changes)
    if table is tables.run_text:
        action += " WHERE run_text.text <> excluded.text"
    return f"INSERT INTO {table.name} ({columns}) VALUES {','.join([row] * rows)} ON CONFLICT ({key}) DO {action}"


def clean(text: str) -> str:
    """Text that every database takes: no NUL, no lone surrogates."""
    if text.isascii() and "\0" not in text:
        return text
    return text.replace("\0", "\ufffd").encode("utf-8", "backslashreplace").decode("utf-8")


def _optional(text: str | None) -> str | None:
    return None if text is None else clean(text)


def digest_bytes(digest: str | None) -> bytes | None:
    """A digest as its column holds it."""
    return None if digest is None else bytes.fromhex(digest)


def _run_row(key: int, run: RunRecord) -> tuple[Any, ...]:
    return (
        key,
        run.id,
        run.trace_id,
        clean(run.chain),
        clean(run.reference),
        run.lock,
        run.mode,
        run.origin,
        run.status,
        run.started,
        run.ended,
        run.cost,
        run.input_tokens,
        run.output_tokens,
        run.model_calls,
        run.spans,
        run.dropped,
        _optional(run.session),
        _optional(run.user),
        digest_bytes(run.inputs),
        digest_bytes(run.output),
        json_text(run.tags),
        json_text(run.error),
    )


def _span_row(run: int, span: SpanRecord) -> tuple[Any, ...]:
    return (
        run,
        span.number,
        span.parent,
        span.span_id,
        clean(span.path),
        span.kind,
        clean(span.name),
        span.started,
        span.status,
        span.ended,
        digest_bytes(span.input),
        digest_bytes(span.output),
        json_text(span.error),
        json_text(span.patch),
        json_text(span.attributes),
    )
