"""Drift checks and watches, as acknowledged commits: what a query shows is on disk."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, fields

from sqlalchemy import Engine, RowMapping, delete, func, insert, select, update

from genops.store.engine import reading, writing
from genops.store.records import DriftRecord, WatchRecord
from genops.store.runs import unique_prefix
from genops.store.tables import drift_check, drift_watch


def insert_check(engine: Engine, record: DriftRecord) -> None:
    """Writes a check."""
    with writing(engine) as connection:
        latest = connection.scalar(select(func.max(drift_check.c.key))) or 0
        connection.execute(insert(drift_check).values(key=max(record.started, latest + 1), **asdict(record)))


def find_check(engine: Engine, prefix: str) -> DriftRecord:
    """The check whose id begins so.

    Raises:
        ReferenceNotFound: None does, or several do.
    """
    with reading(engine) as connection:
        found = unique_prefix(connection, prefix, "drift check", select(drift_check.c.id))
        return _check(connection.execute(select(drift_check).where(drift_check.c.id == found)).mappings().one())


def find_checks(engine: Engine, name: str | None, limit: int) -> list[DriftRecord]:
    """Checks that fit, newest first."""
    query = select(drift_check).order_by(drift_check.c.key.desc()).limit(limit)
    if name is not None:
        query = query.where(drift_check.c.check == name)
    with reading(engine) as connection:
        return [_check(row) for row in connection.execute(query).mappings()]


def delete_checks(engine: Engine, ids: Sequence[str]) -> int:
    """Deletes checks; how many there were."""
    with writing(engine) as connection:
        return connection.execute(delete(drift_check).where(drift_check.c.id.in_(ids))).rowcount


def find_watch(engine: Engine, name: str) -> WatchRecord | None:
    """Where a watch stands; None where it never started."""
    with reading(engine) as connection:
        row = connection.execute(select(drift_watch).where(drift_watch.c.watch == name)).mappings().one_or_none()
        return None if row is None else WatchRecord(**row)


def find_watches(engine: Engine) -> list[WatchRecord]:
    """All watches, by name."""
    with reading(engine) as connection:
        rows = connection.execute(select(drift_watch).order_by(drift_watch.c.watch)).mappings()
        return [WatchRecord(**row) for row in rows]


def open_watch(engine: Engine, record: WatchRecord) -> None:
    """Writes where a watch begins, in place of where it stood, in one commit."""
    with writing(engine) as connection:
        connection.execute(delete(drift_watch).where(drift_watch.c.watch == record.watch))
        connection.execute(insert(drift_watch).values(**asdict(record)))


def advance_watch(engine: Engine, record: WatchRecord, before: WatchRecord) -> bool:
    """Writes where a watch stands, but for its baseline, in one commit; whether it stood where it was thought to."""
    values = {name: value for name, value in asdict(record).items() if name not in ("watch", "baseline")}
    with writing(engine) as connection:
        where = drift_watch.c.watch == record.watch, drift_watch.c.updated == before.updated
        return bool(connection.execute(update(drift_watch).where(*where).values(**values)).rowcount)


def delete_watch(engine: Engine, name: str) -> bool:
    """Forgets a watch; whether there was one."""
    with writing(engine) as connection:
        return bool(connection.execute(delete(drift_watch).where(drift_watch.c.watch == name)).rowcount)


def _check(row: RowMapping) -> DriftRecord:
    return DriftRecord(**{item.name: row[item.name] for item in fields(DriftRecord)})
