"""Published versions and the moves of labels."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING

from sqlalchemy import func, insert, select

from genops.artifacts import Component, Lock
from genops.store import records as kinds
from genops.store import tables
from genops.store.engine import exclude, reading, writing
from genops.store.queries.components import insert_closure
from genops.store.queries.opened import Opened
from genops.store.queries.prefixes import begins_with
from genops.store.tables import lock_component

if TYPE_CHECKING:
    from genops.store.records.versions import LabelMove, VersionRecord

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
            exclude(connection, _PUBLISHING_LOCK)
            query = select(tables.version).where(tables.version.c.kind == kind, tables.version.c.name == name)
            same = connection.execute(query.where(tables.version.c.lock == closure.digest)).one_or_none()
            if same is not None:
                return kinds.VersionRecord(**same._mapping), False
            insert_closure(connection, closure, components)
            highest = connection.scalar(
                select(func.max(tables.version.c.number)).where(
                    tables.version.c.kind == kind, tables.version.c.name == name
                )
            )
            record = kinds.VersionRecord(
                kind, name, (highest or 0) + 1, digest, closure.digest, message, author, created=time.time_ns()
            )
            connection.execute(insert(tables.version).values(asdict(record)))
            return record, True

    def move_label(
        self, kind: str, name: str, label: str, number: int, message: str, author: str, *, rollback: bool = False
    ) -> LabelMove:
        """Points a label to a version."""
        with writing(self._engine) as connection:
            exclude(connection, _PUBLISHING_LOCK)
            last = connection.scalar(select(func.max(tables.label_move.c.number)))
            move = kinds.LabelMove(
                (last or 0) + 1, kind, name, label, number, message, author, rollback, time.time_ns()
            )
            connection.execute(insert(tables.label_move).values(asdict(move)))
            return move

    def versions(self, kind: str, name: str) -> list[VersionRecord]:
        """The published versions of a name, oldest first."""
        query = (
            select(tables.version)
            .where(tables.version.c.kind == kind, tables.version.c.name == name)
            .order_by(tables.version.c.number)
        )
        with reading(self._engine) as connection:
            return [kinds.VersionRecord(**row._mapping) for row in connection.execute(query)]

    def label_moves(self, kind: str, name: str, label: str | None = None) -> list[LabelMove]:
        """The history of a name's labels, or of one label, oldest first."""
        query = (
            select(tables.label_move)
            .where(tables.label_move.c.kind == kind, tables.label_move.c.name == name)
            .order_by(tables.label_move.c.number)
        )
        if label is not None:
            query = query.where(tables.label_move.c.label == label)
        with reading(self._engine) as connection:
            return [kinds.LabelMove(**row._mapping) for row in connection.execute(query)]

    def published_names(self, kind: str) -> list[str]:
        """The names of a kind that were published, sorted."""
        query = (
            select(tables.version.c.name)
            .where(tables.version.c.kind == kind)
            .distinct()
            .order_by(tables.version.c.name)
        )
        with reading(self._engine) as connection:
            return list(connection.scalars(query))

    def published_digests(self, kind: str) -> set[str]:
        """Digests of the components of a kind in the closures of all published versions."""
        query = select(lock_component.c.digest).join(tables.version, tables.version.c.lock == lock_component.c.lock)
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
