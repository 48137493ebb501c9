"""Published versions and the moves of labels."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import asdict

from sqlalchemy import Connection, func, insert, select, text

from genops.artifacts import Component, Lock
from genops.store.engine import reading, writing
from genops.store.queries.components import insert_closure
from genops.store.queries.opened import Opened
from genops.store.queries.prefixes import begins_with
from genops.store.records.versions import LabelMove, VersionRecord
from genops.store.tables import label_move, lock_component, version

_PUBLISHING_LOCK = 0x67656E6F7075


class Versions(Opened):
    """Acknowledged: what was written is on disk when the method returns."""

    def publish_version(
        self,
        kind: str,
        name: str,
        digest: str,
        closure: Lock,
        components: Sequence[Component],
        message: str,
        author: str,
    ) -> tuple[VersionRecord, bool]:
        """Publishes a closure under the next number; the version, and False where the name had this closure before."""
        with writing(self._engine) as connection:
            _one_at_a_time(connection)
            query = select(version).where(version.c.kind == kind, version.c.name == name)
            same = connection.execute(query.where(version.c.lock == closure.digest)).one_or_none()
            if same is not None:
                return VersionRecord(**same._mapping), False
            insert_closure(connection, closure, components)
            highest = connection.scalar(
                select(func.max(version.c.number)).where(version.c.kind == kind, version.c.name == name)
            )
            record = VersionRecord(
                kind, name, (highest or 0) + 1, digest, closure.digest, message, author, created=time.time_ns()
            )
            connection.execute(insert(version).values(asdict(record)))
            return record, True

    def move_label(
        self, kind: str, name: str, label: str, number: int, message: str, author: str, *, rollback: bool = False
    ) -> LabelMove:
        """Points a label to a version."""
        with writing(self._engine) as connection:
            _one_at_a_time(connection)
            last = connection.scalar(select(func.max(label_move.c.number)))
            move = LabelMove((last or 0) + 1, kind, name, label, number, message, author, rollback, time.time_ns())
            connection.execute(insert(label_move).values(asdict(move)))
            return move

    def versions(self, kind: str, name: str) -> list[VersionRecord]:
        """The published versions of a name, oldest first."""
        query = select(version).where(version.c.kind == kind, version.c.name == name).order_by(version.c.number)
        with reading(self._engine) as connection:
            return [VersionRecord(**row._mapping) for row in connection.execute(query)]

    def label_moves(self, kind: str, name: str, label: str | None = None) -> list[LabelMove]:
        """The history of a name's labels, or of one label, oldest first."""
        query = (
            select(label_move).where(label_move.c.kind == kind, label_move.c.name == name).order_by(label_move.c.number)
        )
        if label is not None:
            query = query.where(label_move.c.label == label)
        with reading(self._engine) as connection:
            return [LabelMove(**row._mapping) for row in connection.execute(query)]

    def published_names(self, kind: str) -> list[str]:
        """The names of a kind that were published, sorted."""
        query = select(version.c.name).where(version.c.kind == kind).distinct().order_by(version.c.name)
        with reading(self._engine) as connection:
            return list(connection.scalars(query))

    def published_digests(self, kind: str) -> set[str]:
        """Digests of the components of a kind in the closures of all published versions."""
        query = select(lock_component.c.digest).join(version, version.c.lock == lock_component.c.lock)
        with reading(self._engine) as connection:
            return set(connection.scalars(query.where(lock_component.c.kind == kind)))

    def seen_digests(self, kind: str, name: str, prefix: str) -> list[tuple[str, str]]:
        """Digests that a name had in any lock and that begin with ``prefix``, each with one such lock's digest."""
        entry = lock_component.c
        query = (
            select(entry.digest, func.min(entry.lock))
            .where(entry.kind == kind, entry.name == name, *begins_with(entry.digest, prefix.lower()))
            .group_by(entry.digest)
            .order_by(entry.digest)
        )
        with reading(self._engine) as connection:
            return [(digest, lock) for digest, lock in connection.execute(query)]


def _one_at_a_time(connection: Connection) -> None:
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _PUBLISHING_LOCK})
