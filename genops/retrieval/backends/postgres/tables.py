"""The tables of an index in PostgreSQL.

One schema holds ``snapshots`` and ``pointers`` of all indexes, and four tables for each segment, which are never
changed once they are filled: its documents, its rows with their texts, their vectors, and its words.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from genops.errors import Unfinished
from genops.retrieval.snapshots.manifest import Manifest

if TYPE_CHECKING:
    from psycopg import Connection
    from psycopg.sql import Identifier

SCHEMA = "genops_index"
PGVECTOR = (0, 8)
"""The oldest pgvector whose graph is searched on until a filter has left enough."""

_REGISTRY = (
    f"CREATE SCHEMA IF NOT EXISTS {SCHEMA}",
    f"""CREATE TABLE IF NOT EXISTS {SCHEMA}.pointers (
        index text PRIMARY KEY,
        uses jsonb NOT NULL
    )""",
    f"""CREATE TABLE IF NOT EXISTS {SCHEMA}.snapshots (
        index text NOT NULL,
        digest text NOT NULL,
        manifest text NOT NULL,
        sources text NOT NULL,
        kinds text NOT NULL,
        tokens bigint NOT NULL,
        segments text[] NOT NULL,
        PRIMARY KEY (index, digest)
    )""",
)
_PREPARING = 4_027_160_117


def prepare(connection: Connection[Any]) -> None:
    """Makes what is common to all indexes, when it is not there.

    Raises:
        Unfinished: pgvector is too old.
    """
    with connection.transaction():
        connection.execute("SELECT pg_advisory_xact_lock(%s)", [_PREPARING])
        found = connection.execute("SELECT extversion FROM pg_extension WHERE extname = 'vector'").fetchone()
        if found is None:
            connection.execute("CREATE EXTENSION vector")
            found = connection.execute("SELECT extversion FROM pg_extension WHERE extname = 'vector'").fetchone()
        assert found is not None
        if tuple(int(part) for part in found[0].split(".")[:2]) < PGVECTOR:
            raise Unfinished(
                f"pgvector {found[0]} is too old", hint="install 0.8 or newer, and run ALTER EXTENSION vector UPDATE"
            )
        if not is_prepared(connection):
            for statement in _REGISTRY:
                connection.execute(statement)


def is_prepared(connection: Connection[Any]) -> bool:
    """Whether anything was ever pushed to the database."""
    found = connection.execute("SELECT to_regclass(%s), to_regclass(%s)", [f"{SCHEMA}.pointers", f"{SCHEMA}.snapshots"])
    return None not in (found.fetchone() or (None,))


@dataclass(frozen=True, slots=True)
class Tables:
    """The names of a segment's tables.

    Attributes:
        segment: What they begin with.
    """

    segment: str

    @property
    def documents(self) -> Identifier:
        """``number``, its rows (``first_row``, ``rows``), ``record`` as it was, ``fields`` to filter by."""
        return self._named("documents")

    @property
    def rows(self) -> Identifier:
        """``row``, ``document``, and the passage."""
        return self._named("rows")

    @property
    def vectors(self) -> Identifier:
        """``row``, ``embedding``: narrow, because all of it is read where every vector is compared."""
        return self._named("vectors")

    @property
    def terms(self) -> Identifier:
        """``term``, the ``rows`` that have it, how often (``counts``), and the tokens that each has (``lengths``)."""
        return self._named("terms")

    def all(self) -> list[Identifier]:
        """All four."""
        return [self.documents, self.rows, self.vectors, self.terms]

    def _named(self, what: str) -> Identifier:
        from psycopg.sql import Identifier

        return Identifier(SCHEMA, f"{self.segment}_{what}")


def segments_of(name: str, manifest: Manifest) -> list[str]:
    """The segments of a snapshot as the database calls them: by index and contents."""
    found = []
    for segment in manifest.segments:
        listing = hashlib.sha256(name.encode())
        for file, entry in sorted(manifest.files.items()):
            if file.startswith(f"{segment.name}/"):
                listing.update(f"\0{file}\0{entry.sha256}".encode())
        found.append(f"s{listing.hexdigest()[:24]}")
    return found
