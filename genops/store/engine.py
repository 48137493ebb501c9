"""Connections: SQLite in WAL with a private file, PostgreSQL through psycopg, and what to do when there is none."""

from __future__ import annotations

import os
import re
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url, text
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError, SQLAlchemyError

from genops.errors import StoreError, StoreUnavailable
from genops.store.wal import use_wal

_PRAGMAS = (
    "PRAGMA synchronous = NORMAL",
    "PRAGMA foreign_keys = ON",
    "PRAGMA cache_size = -8192",
    "PRAGMA wal_autocheckpoint = 8000",
    "PRAGMA journal_size_limit = 67108864",
)
_LARGE_CACHE = "PRAGMA cache_size = -65536"  # of the one connection that writes in the order of digests
_SYMPTOMS: tuple[tuple[str, type[StoreError], str], ...] = (
    ("not a database", StoreError, "move the file away; the next run makes a new store"),
    ("malformed", StoreError, "move the file away and bring it back from a backup; the next run makes a new store"),
    ("table .* already exists", StoreError, "it belongs to something else; set `store` to another database"),
    ("(database|role) .* does not exist", StoreError, "check user and database in the store's URL"),
    ("not a directory|is a directory|file exists|name too long", StoreError, "set `store` to another place"),
    ("password|authentication", StoreError, "check user and password in the store's URL"),
    ("locked", StoreUnavailable, "another process holds the store; try again when it has finished"),
    ("full|no space|quota", StoreUnavailable, "free some disk space"),
    ("(i/o|input/output) error", StoreUnavailable, "check that the disk is not full, and that it works"),
    ("read-?only", StoreUnavailable, "make the file and its folder writable, or set `store` to another place"),
    ("unable to open|permission denied", StoreUnavailable, "check that the folder exists and that you may write there"),
    ("resolve|name or service", StoreUnavailable, "check the network, and the host in the store's URL"),
    ("connect", StoreUnavailable, "check that the server runs and that the store's URL is right"),
)
"""What databases and systems say, whether waiting may heal it, and what to do about it."""


def parse_url(text: str) -> URL:
    """The database URL with the driver that genops uses.

    Raises:
        StoreError: It is neither an SQLite file nor PostgreSQL.
    """
    supported = "use sqlite:///PATH or postgresql://USER@HOST/DATABASE"
    try:
        url = make_url(text)
    except ArgumentError:
        raise StoreError("the store's URL cannot be read", hint=supported) from None
    family = url.drivername.partition("+")[0]
    if family == "sqlite" and url.database not in (None, "", ":memory:"):
        return url.set(drivername="sqlite")
    if family in ("postgresql", "postgres"):
        return url.set(drivername="postgresql+psycopg")
    raise StoreError(f"{shown(url)!r} is not a store", hint=supported)


def shown(url: URL) -> str:
    """The URL as people may see it: without its password."""
    return url.render_as_string(hide_password=True)


def make_engine(url: URL, busy_seconds: float) -> Engine:
    """An engine whose transactions on SQLite take the write lock at once when they are to write. It opens nothing yet.

    Args:
        url: As :func:`parse_url` gives it.
        busy_seconds: How long SQLite waits for a lock that another connection holds.

    Raises:
        StoreError: The driver is not installed.
    """
    try:
        if url.drivername == "sqlite":
            return _sqlite_engine(url, busy_seconds)
        return create_engine(url, pool_pre_ping=True, connect_args={"connect_timeout": 10})
    except (ModuleNotFoundError, NoSuchModuleError):
        raise StoreError("PostgreSQL needs psycopg", hint="pip install 'genops[postgres]'") from None


def _sqlite_engine(url: URL, busy_seconds: float) -> Engine:
    engine = create_engine(
        url, connect_args={"timeout": busy_seconds, "isolation_level": None, "check_same_thread": False}
    )

    @event.listens_for(engine, "connect")
    def prepare(connection: sqlite3.Connection, _record: object) -> None:
        use_wal(connection, busy_seconds)
        for pragma in _PRAGMAS:
            connection.execute(pragma)

    event.listen(engine, "begin", _begin)
    return engine


def make_file(url: URL) -> None:
    """Makes SQLite's file, for its owner alone, where there is none.

    Raises:
        StoreError: It cannot be made.
    """
    if url.drivername != "sqlite":
        return
    path = Path(url.database or "")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    except OSError as error:
        raise failure(f"{shown(url)} cannot be made", error) from error


def _begin(connection: Connection) -> None:
    writes = connection.get_execution_options().get("writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """A connection for queries.

    Raises:
        StoreError: The database failed or holds a broken row.
    """
    with translated(engine), engine.connect() as connection:
        yield connection


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """A transaction that is committed, and so acknowledged, at the end of the block.

    Raises:
        StoreError: The database failed; nothing was written.
    """
    with translated(engine), engine.execution_options(writes=True).begin() as connection:
        yield connection


def exclude(connection: Connection, lock: int) -> None:
    """Waits until no other transaction has a lock, and keeps it until this one ends; SQLite has one writer anyway."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": lock})


@contextmanager
def translated(engine: Engine) -> Iterator[None]:
    """Turns what a database library raises into :class:`StoreError`."""
    try:
        yield
    except (SQLAlchemyError, sqlite3.Error, ValueError) as error:  # ValueError: a row that is not what was written
        raise failure(shown(engine.url), error) from error


def failure(store: str, error: BaseException) -> StoreError:
    """The error to show for what a database or the system said about a store."""
    if isinstance(error, DBAPIError):
        error = error.orig or error
    said = (isinstance(error, OSError) and error.strerror) or str(error).strip().split("\n")[0]
    for pattern, kind, hint in _SYMPTOMS:
        if re.search(pattern, said, re.IGNORECASE):
            return kind(f"the store {store}: {said}", hint=hint)
    return StoreError(f"the store {store}: {said}")


def own_connection(engine: Engine) -> Any:
    """A DBAPI connection outside of the engine's pool.

    Raises:
        StoreError: There is none to be had now.
    """
    with translated(engine):
        pooled = engine.raw_connection()
        connection: Any = pooled.driver_connection
        pooled.detach()
        if engine.dialect.name == "sqlite":
            connection.execute(_LARGE_CACHE)
    return connection
