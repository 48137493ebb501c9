"""Connections: SQLite in WAL with a private file, PostgreSQL through psycopg, and what to do when there is none."""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError, SQLAlchemyError

from genops.errors import StoreError

BUSY_SECONDS = 10.0
WRITER_BUSY_MILLISECONDS = 1000
_PRAGMAS = (
    "PRAGMA synchronous = NORMAL",
    "PRAGMA foreign_keys = ON",
    "PRAGMA cache_size = -65536",
    "PRAGMA wal_autocheckpoint = 8000",
    "PRAGMA journal_size_limit = 67108864",
)
_HINTS = (
    ("not a database", "move the file away; the next run makes a new store"),
    ("malformed", "move the file away and bring it back from a backup; the next run makes a new store"),
    ("locked", "another process holds the store; try again when it has finished"),
    ("full", "free some disk space"),
    ("disk i/o", "check that the disk is not full, and that it works"),
    ("readonly", "make the file and its folder writable"),
    ("unable to open", "check that the folder exists and that you may write there"),
    ("password", "check user and password in the store's URL"),
    ("connect", "check that the server runs and that the store's URL is right"),
)


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
    raise StoreError(f"{url.render_as_string(hide_password=True)!r} is not a store", hint=supported)


def make_engine(url: URL) -> Engine:
    """An engine whose transactions on SQLite take the write lock at once when they are to write.

    Raises:
        StoreError: The file cannot be made, or the driver is not installed.
    """
    try:
        if url.drivername == "sqlite":
            return _sqlite_engine(url)
        return create_engine(url, pool_pre_ping=True, connect_args={"connect_timeout": 10})
    except (ModuleNotFoundError, NoSuchModuleError):
        raise StoreError("PostgreSQL needs psycopg", hint="pip install 'genops[postgres]'") from None
    except OSError as error:
        raise StoreError(
            f"the store {url.database} cannot be made: {error.strerror}",
            hint="check that you may write there, or set `store` to another place",
        ) from error


def _sqlite_engine(url: URL) -> Engine:
    _make_private_file(Path(url.database or ""))
    engine = create_engine(
        url, connect_args={"timeout": BUSY_SECONDS, "isolation_level": None, "check_same_thread": False}
    )
    event.listen(engine, "connect", _prepare)
    event.listen(engine, "begin", _begin)
    return engine


def _make_private_file(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))


def _prepare(connection: sqlite3.Connection, _record: object) -> None:
    deadline = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            break
        except sqlite3.OperationalError as error:  # SQLite does not wait for a lock when the mode changes
            if "locked" not in str(error) or time.monotonic() > deadline:
                raise
            time.sleep(0.02)
    for pragma in _PRAGMAS:
        connection.execute(pragma)


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


@contextmanager
def translated(engine: Engine) -> Iterator[None]:
    """Turns what a database library raises into :class:`StoreError`."""
    try:
        yield
    except DBAPIError as error:
        raise failure(engine, error.orig or error) from error
    except (SQLAlchemyError, sqlite3.Error, ValueError) as error:  # ValueError: a row that is not what was written
        raise failure(engine, error) from error


def failure(engine: Engine, error: BaseException) -> StoreError:
    """The error to show for what the database said."""
    said = str(error).strip().split("\n")[0]
    hint = next((hint for word, hint in _HINTS if word in said.lower()), None)
    return StoreError(f"the store {engine.url.render_as_string(hide_password=True)}: {said}", hint=hint)


def writer_connection(engine: Engine) -> Any:
    """A DBAPI connection outside the pool, for the writer's own thread.

    Raises:
        StoreError: There is no connection to be had now.
    """
    with translated(engine):
        pooled = engine.raw_connection()
        connection = pooled.driver_connection
        pooled.detach()
    if isinstance(connection, sqlite3.Connection):
        connection.execute(f"PRAGMA busy_timeout = {WRITER_BUSY_MILLISECONDS}")
    return connection
