"""Drift checks, and where watches stand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING

from sqlalchemy import delete, insert, select, update

from genops.store import records as kinds
from genops.store import tables
from genops.store.engine import reading, writing
from genops.store.queries.opened import Opened
from genops.store.queries.prefixes import unique_prefix
from genops.store.queries.rows import insert_by_start, record_of

if TYPE_CHECKING:
    from genops.store.records.drift import DriftRecord, WatchRecord


class Drift(Opened):
    """Acknowledged: what was written is on disk when the method returns."""

    def add_drift_check(self, record: DriftRecord) -> None:
        """Writes a drift check."""
        with writing(self._engine) as connection:
            insert_by_start(connection, tables.drift_check, record)

    def drift_check(self, prefix: str) -> DriftRecord:
        """The drift check whose id begins with ``prefix`` (4 digits or more).

        Raises:
            ReferenceNotFound: None does, or several do.
        """
        with reading(self._engine) as connection:
            found = unique_prefix(connection, prefix, "drift check", select(tables.drift_check.c.id))
            row = (
                connection.execute(select(tables.drift_check).where(tables.drift_check.c.id == found)).mappings().one()
            )
            return record_of(kinds.DriftRecord, row)

    def drift_checks(self, check: str | None = None, limit: int = 50) -> list[DriftRecord]:
        """Drift checks, of one definition where it is named, newest first."""
        query = select(tables.drift_check).order_by(tables.drift_check.c.key.desc()).limit(limit)
        if check is not None:
            query = query.where(tables.drift_check.c.check == check)
        with reading(self._engine) as connection:
            return [record_of(kinds.DriftRecord, row) for row in connection.execute(query).mappings()]

    def delete_drift_checks(self, ids: Sequence[str]) -> int:
        """Deletes drift checks, by their whole ids; how many there were."""
        with writing(self._engine) as connection:
            return connection.execute(delete(tables.drift_check).where(tables.drift_check.c.id.in_(ids))).rowcount

    def drift_watch(self, watch: str) -> WatchRecord | None:
        """Where a watch stands; None where it never started."""
        with reading(self._engine) as connection:
            row = (
                connection.execute(select(tables.drift_watch).where(tables.drift_watch.c.watch == watch))
                .mappings()
                .one_or_none()
            )
            return None if row is None else kinds.WatchRecord(**row)

    def drift_watches(self) -> list[WatchRecord]:
        """All watches, by name."""
        with reading(self._engine) as connection:
            rows = connection.execute(select(tables.drift_watch).order_by(tables.drift_watch.c.watch)).mappings()
            return [kinds.WatchRecord(**row) for row in rows]

    def open_drift_watch(self, record: WatchRecord) -> None:
        """Writes where a watch begins, in place of where it stood."""
        with writing(self._engine) as connection:
            connection.execute(delete(tables.drift_watch).where(tables.drift_watch.c.watch == record.watch))
            connection.execute(insert(tables.drift_watch).values(**asdict(record)))

    def advance_drift_watch(self, record: WatchRecord, before: WatchRecord) -> bool:
        """Writes where a watch stands, all but its baseline.

        Args:
            record: Where it stands.
            before: Where it stood.

        Returns:
            Whether it was written: not where another process went on with the watch, or it was forgotten.
        """
        values = {name: value for name, value in asdict(record).items() if name not in ("watch", "baseline")}
        with writing(self._engine) as connection:
            where = tables.drift_watch.c.watch == record.watch, tables.drift_watch.c.updated == before.updated
            return bool(connection.execute(update(tables.drift_watch).where(*where).values(**values)).rowcount)

    def delete_drift_watch(self, watch: str) -> bool:
        """Forgets where a watch stands; whether it stood anywhere."""
        with writing(self._engine) as connection:
            return bool(
                connection.execute(delete(tables.drift_watch).where(tables.drift_watch.c.watch == watch)).rowcount
            )
