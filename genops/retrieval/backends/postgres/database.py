"""Connections to PostgreSQL, whose failures are told as genops tells errors, and never with a password in them."""

from __future__ import annotations

import os
import re
import select
import threading
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING, Any

from genops.errors import DefinitionError, SnapshotError, Unfinished

if TYPE_CHECKING:
    from psycopg import Connection, Error

_CONNECT_SECONDS = 10
_KEPT = 8
_PORTS = re.compile("[0-9,]*")
_SECRET = ("password", "sslpassword")


class Database:
    """A database with the connections to it that are free. Safe to use from several threads.

    Args:
        url: ``postgresql://USER:PASSWORD@HOST:PORT/DATABASE``.

    Attributes:
        place: The URL without its password.

    Raises:
        DefinitionError: The URL cannot be read, or the driver is not installed.
    """

    def __init__(self, url: str) -> None:
        try:
            from psycopg import ProgrammingError
            from psycopg.conninfo import conninfo_to_dict
        except ImportError:
            raise DefinitionError(
                "an index is in PostgreSQL, whose driver is not installed", hint="pip install 'genops[postgres]'"
            ) from None
        try:
            self._parameters: dict[str, Any] = conninfo_to_dict(url)
            readable = _PORTS.fullmatch(str(self._parameters.get("port") or "")) is not None
        except ProgrammingError:
            readable = False
        if not readable:
            raise DefinitionError("`backend` cannot be read as a URL", hint="write postgresql://USER@HOST/DATABASE")
        known = self._parameters
        port = f":{known['port']}" if known.get("port") else ""
        self.place = f"postgresql://{known.get('host') or ''}{port}/{known.get('dbname') or ''}"
        self._secrets = [str(known[name]) for name in _SECRET if known.get(name)]
        self._start_afresh()
        _databases.add(self)

    def _start_afresh(self) -> None:
        self._free: list[Connection[Any]] = []
        self._lock = threading.Lock()

    @staticmethod
    @cache
    def at(url: str) -> Database:
        """The process's connections to a database."""
        return Database(url)

    @contextmanager
    def connection(self) -> Iterator[Connection[Any]]:
        """A connection for as long as the block lasts; every statement outside of a transaction commits by itself.

        Raises:
            Unfinished: The server cannot be reached, refuses or fails.
            SnapshotError: A table is not there.
        """
        import psycopg

        try:
            connection = self._taken()
            try:
                yield connection
            finally:
                self._give_back(connection)
        except psycopg.Error as error:
            raise self._told(error) from None

    def close(self) -> None:
        """Closes the connections that are free; whoever needs one again gets a new one."""
        with self._lock:
            free, self._free = self._free, []
        for connection in free:
            connection.close()

    def _taken(self) -> Connection[Any]:
        import psycopg

        with self._lock:
            while self._free:
                connection = self._free.pop()
                if not connection.closed and _answers(connection):
                    return connection
        parameters = {"connect_timeout": _CONNECT_SECONDS, "application_name": "genops", **self._parameters}
        return psycopg.connect(**parameters, autocommit=True, client_encoding="UTF8")

    def _give_back(self, connection: Connection[Any]) -> None:
        from psycopg.pq import TransactionStatus

        with self._lock:
            reusable = connection.info.transaction_status == TransactionStatus.IDLE
            if reusable and len(self._free) < _KEPT:
                self._free.append(connection)
                return
        connection.close()

    def _told(self, error: Error) -> Unfinished:
        from psycopg import errors

        message = next(iter(str(error).strip().splitlines()), type(error).__name__)
        for secret in self._secrets:
            message = message.replace(secret, "***")
        if isinstance(error, (errors.UndefinedTable, errors.InvalidSchemaName)):
            return SnapshotError(
                f"what is searched is no longer in {self.place}: {message}",
                hint="the snapshot was removed; open the index again",
            )
        return Unfinished(f"PostgreSQL at {self.place}: {message}", hint=_hint(message))


def _answers(connection: Connection[Any]) -> bool:
    """Whether the server has not closed a connection that lay idle; asks the socket, not the server."""
    try:
        readable, _, _ = select.select([connection.fileno()], [], [], 0)
    except (OSError, ValueError):
        return False
    return not readable


_HINTS = (
    ("password|authentication|role", "check user and password; a URL with a password goes into `backend_env`"),
    ("extension .*vector.* is not available", "install pgvector 0.8 or newer on the server"),
    ("permission denied to create extension", "have an administrator run CREATE EXTENSION vector in the database"),
    (
        "permission denied",
        "give the user the rights: CREATE on the database to build, SELECT in genops_index to search",
    ),
    ("database .* does not exist", "create the database, or check the URL"),
    ("no space|disk full", "make room on the server; what was in use stays in use"),
)


def _hint(message: str) -> str:
    for pattern, hint in _HINTS:
        if re.search(pattern, message, re.IGNORECASE):
            return hint
    return "check that the server runs and that the URL is right"


_databases: weakref.WeakSet[Database] = weakref.WeakSet()
_inherited: list[object] = []


def _after_fork() -> None:
    """The child connects by itself; what it inherited is the parent's, and is not closed."""
    for database in list(_databases):
        _inherited.append(database._free)
        database._start_afresh()


os.register_at_fork(after_in_child=_after_fork)
