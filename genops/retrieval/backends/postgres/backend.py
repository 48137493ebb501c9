"""An index in PostgreSQL with pgvector."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import astuple, dataclass
from typing import TYPE_CHECKING, Any

import orjson

from genops.errors import Location, SnapshotError
from genops.retrieval.backends.postgres.database import Database
from genops.retrieval.backends.postgres.tables import SCHEMA, Tables, is_prepared, prepare, segments_of
from genops.retrieval.backends.pushed import PushedSnapshot
from genops.retrieval.backends.weights import living_postings
from genops.retrieval.filters import Columns
from genops.retrieval.lexical import Analyzer
from genops.retrieval.snapshots.manifest import Manifest, rebuild
from genops.retrieval.snapshots.pointer import Use, check_follows, extended
from genops.retrieval.snapshots.segment import DocumentRecord
from genops.retrieval.snapshots.shelf import Removed
from genops.retrieval.snapshots.snapshot import Snapshot

if TYPE_CHECKING:
    from genops.retrieval.search.corpus import Corpus

_PAGE = 1_000


@dataclass(frozen=True, slots=True)
class PostgresBackend:
    """The snapshots of an index. A segment that several of them share is there once.

    Attributes:
        database: Where they are.
        name: The index's.
    """

    database: Database
    name: str

    @staticmethod
    def of(url: str, name: str) -> PostgresBackend:
        """The backend at a URL."""
        return PostgresBackend(Database.at(url), name)

    @property
    def place(self) -> str:
        """The URL without its password, and the index."""
        return f"{self.database.place} {self.name}"

    def close(self) -> None:
        """Closes the connections that are free."""
        self.database.close()

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Keeps out other builds, removals and changes of the pointer, on whatever machine."""
        key = int.from_bytes(hashlib.sha256(f"genops index {self.name}".encode()).digest()[:8], "big", signed=True)
        with self.database.connection() as connection:
            connection.execute("SELECT pg_advisory_lock(%s)", [key])
            try:
                yield
            finally:
                if not connection.closed:
                    connection.execute("SELECT pg_advisory_unlock(%s)", [key])

    def history(self) -> list[Use]:
        """Every change of the snapshot in use, oldest first."""
        found = self._select("SELECT uses FROM {schema}.pointers WHERE index = %s", [self.name])
        return [Use(*use) for use in found[0][0]] if found else []

    def put_in_use(self, use: Use, after: str | None = None) -> None:
        """Points to a snapshot that is there."""
        before = self.history()
        check_follows(before, after)
        uses = orjson.dumps([astuple(each) for each in extended(before, use)]).decode()
        with self.database.connection() as connection:
            connection.execute(
                f"INSERT INTO {SCHEMA}.pointers VALUES (%s, %s::jsonb)"
                " ON CONFLICT (index) DO UPDATE SET uses = excluded.uses",
                [self.name, uses],
            )

    def digests(self) -> list[str]:
        """Of all snapshots."""
        found = self._select("SELECT digest FROM {schema}.snapshots WHERE index = %s", [self.name])
        return sorted(digest for (digest,) in found)

    def load(self, digest: str) -> PushedSnapshot:
        """A snapshot.

        Raises:
            SnapshotError: It is not there, or its manifest is damaged or of another format.
        """
        (data,) = self._of(digest, "manifest")
        return PushedSnapshot(self.name, Manifest.loads(data, digest, Location(self.place), rebuild(self.name)), self)

    def remove(self, digests: Collection[str], dry_run: bool) -> Removed:
        """Removes snapshots, and the segments that none has any more."""
        from psycopg import sql

        rows = self._select("SELECT digest, segments FROM {schema}.snapshots WHERE index = %s", [self.name])
        kept = {segment for digest, segments in rows if digest not in digests for segment in segments}
        unused = {segment for digest, segments in rows if digest in digests for segment in segments} - kept
        tables = [table for segment in sorted(unused) for table in Tables(segment).all()]
        with self.database.connection() as connection, connection.transaction():
            size = "SELECT coalesce(pg_total_relation_size(to_regclass(%s)), 0)"
            sizes = [connection.execute(size, [table.as_string(connection)]).fetchone() for table in tables]
            if not dry_run and rows:
                for table in tables:
                    connection.execute(sql.SQL("DROP TABLE IF EXISTS {}").format(table))
                connection.execute(
                    f"DELETE FROM {SCHEMA}.snapshots WHERE index = %s AND digest = ANY(%s)",
                    [self.name, list(digests)],
                )
        return Removed(tuple(digests), sum(found[0] for found in sizes if found), 0)

    def push(self, snapshot: Snapshot) -> None:
        """Brings a snapshot there, in one transaction; of its segments only those that are not there yet."""
        from genops.retrieval.backends.postgres.push import push_segment, renew_times

        manifest, segments = snapshot.manifest, segments_of(self.name, snapshot.manifest)
        with self.database.connection() as connection:
            prepare(connection)
            with connection.transaction():
                for segment, name in zip(snapshot.segments, segments, strict=True):
                    there = connection.execute("SELECT to_regclass(%s)", [f"{SCHEMA}.{name}_rows"]).fetchone()
                    if segment.entry.documents and there == (None,):
                        push_segment(connection, Tables(name), segment, manifest.dimension)
                    elif segment.entry.documents and snapshot.times:
                        renew_times(connection, Tables(name), segment, snapshot.times)
                connection.execute(
                    f"INSERT INTO {SCHEMA}.snapshots VALUES (%s, %s, %s, %s, %s, %s, %s)"
                    " ON CONFLICT (index, digest) DO UPDATE SET manifest = excluded.manifest,"
                    " sources = excluded.sources, segments = excluded.segments",
                    [self.name, manifest.digest, *_about(snapshot), segments],
                )

    def check(self, manifest: Manifest) -> None:
        """Makes sure that every row of a snapshot is there.

        Raises:
            SnapshotError: Some are not.
        """
        from psycopg import sql

        (segments,) = self._of(manifest.digest, "segments")
        for name, entry in zip(segments, manifest.segments, strict=True):
            if not entry.documents:
                continue
            tables = Tables(name)
            with self.database.connection() as connection:
                found = connection.execute(
                    sql.SQL("SELECT (SELECT count(*) FROM {}), (SELECT count(*) FROM {})").format(
                        tables.rows, tables.vectors
                    )
                ).fetchone()
            if found != (entry.chunks, entry.chunks):
                raise SnapshotError(
                    f"the index snapshot in {self.place} has {min(found or (0,)):,} rows of {entry.chunks:,}",
                    hint=f"choose another with `genops index use {self.name} DIGEST`",
                )

    def records(self, manifest: Manifest) -> Iterator[DocumentRecord]:
        """A snapshot's documents."""
        from psycopg import sql

        (segments,) = self._of(manifest.digest, "segments")
        for name, entry in zip(segments, manifest.segments, strict=True):
            statement = sql.SQL(
                "SELECT record FROM {} WHERE number >= %s AND number < %s AND number <> ALL(%s::int[]) ORDER BY number"
            ).format(Tables(name).documents)
            for first in range(0, entry.documents, _PAGE):
                with self.database.connection() as connection:
                    found = connection.execute(statement, [first, first + _PAGE, list(entry.deleted)]).fetchall()
                yield from (DocumentRecord(**orjson.loads(record)) for (record,) in found)

    def sources(self, manifest: Manifest) -> list[dict[str, Any]]:
        """What a snapshot was read from."""
        (lines,) = self._of(manifest.digest, "sources")
        return orjson.loads(lines)  # type: ignore[no-any-return]

    def corpus(self, manifest: Manifest, analyzer: Analyzer | None) -> Corpus:
        """A snapshot's passages, searched by PostgreSQL."""
        from genops.retrieval.backends.postgres.corpus import PostgresCorpus

        segments, kinds, tokens = self._of(manifest.digest, "segments, kinds, tokens")
        return PostgresCorpus(self.database, segments, manifest, orjson.loads(kinds), tokens, analyzer)

    def _of(self, digest: str, columns: str) -> tuple[Any, ...]:
        """Columns of a snapshot's row."""
        found = self._select(
            f"SELECT {columns} FROM {{schema}}.snapshots WHERE index = %s AND digest = %s", [self.name, digest]
        )
        if not found:
            raise SnapshotError(f"there is no snapshot {digest[:12]} in {self.place}", hint=rebuild(self.name))
        return found[0]

    def _select(self, statement: str, parameters: list[Any]) -> list[tuple[Any, ...]]:
        """What the common tables say; nothing where there are none yet."""
        from psycopg import sql

        with self.database.connection() as connection:
            if not is_prepared(connection):
                return []
            wanted = sql.SQL(statement).format(schema=sql.Identifier(SCHEMA))
            return connection.execute(wanted, parameters).fetchall()


def _about(snapshot: Snapshot) -> tuple[str, str, str, int]:
    """Manifest, sources, what the fields hold, and the number of tokens."""
    columns = Columns.of([record.filterable() for record in snapshot.records()])
    return (
        snapshot.manifest.dumps().decode(),
        orjson.dumps(snapshot.sources()).decode(),
        orjson.dumps(dict(columns.kinds)).decode(),
        int(living_postings(snapshot).lengths.sum()),
    )
