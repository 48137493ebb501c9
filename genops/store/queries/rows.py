"""Records from rows, and rows from records."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, fields
from typing import TYPE_CHECKING, Any, TypeVar

from sqlalchemy import Connection, Insert, Table, func, insert, select

from genops.store.batch import clean

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

R = TypeVar("R", bound="DataclassInstance")


def record_of(kind: type[R], row: Mapping[Any, Any]) -> R:
    """The record of a row, which may have more columns than the record has fields."""
    return kind(**{item.name: row[item.name] for item in fields(kind)})


def cleaned(record: DataclassInstance) -> dict[str, Any]:
    """A record's fields, with text that every database takes."""
    return {name: clean(value) if isinstance(value, str) else value for name, value in asdict(record).items()}


def insert_by_start(connection: Connection, table: Table, record: Any) -> None:
    """Inserts a record that is keyed by its ``started``, moved up until it is the latest."""
    latest = connection.scalar(select(func.max(table.c.key))) or 0
    connection.execute(insert(table).values(key=max(record.started, latest + 1), **asdict(record)))


def insert_new(connection: Connection, into: Table) -> Insert:
    """An insertion of rows, of which those that are there already stay as they are."""
    if connection.dialect.name == "sqlite":
        from sqlalchemy.dialects import sqlite

        return sqlite.insert(into).on_conflict_do_nothing()
    from sqlalchemy.dialects import postgresql

    return postgresql.insert(into).on_conflict_do_nothing()
