"""The database of a store: nothing is opened before it is needed, and who needs it first makes and migrates it."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from sqlalchemy import Engine

from genops.errors import StoreError
from genops.store.engine import failure, make_engine, make_file, own_connection, parse_url, shown
from genops.store.schema import ensure_schema

BUSY_SECONDS = 10.0
RUN_BUSY_SECONDS = 1.0


class Database:
    """Where the tables are. Any thread may use it.

    Args:
        url: ``sqlite:///PATH`` or ``postgresql://USER@HOST/DATABASE``.

    Attributes:
        ready: Whether it was found at this version's schema, or brought there.

    Raises:
        StoreError: The URL names neither.
    """

    def __init__(self, url: str) -> None:
        self._url = parse_url(url)
        self.ready = False

    @property
    def name(self) -> str:
        """The URL, without its password."""
        return shown(self._url)

    def engine(self) -> Engine:
        """For queries and acknowledged commits: waits for a lock on SQLite.

        Raises:
            StoreError: The database cannot be opened or migrated.
        """
        return self._made_ready(self._waiting)

    def run_engine(self) -> Engine:
        """For what belongs to a run, which a lock must not hold up.

        Raises:
            StoreError: The database cannot be opened or migrated.
        """
        return self._made_ready(self._hurried)

    def connect(self) -> Any:
        """A DBAPI connection outside of the engines' pools, for the writer's own thread.

        Raises:
            StoreError: There is none to be had now.
        """
        return own_connection(self.run_engine())

    def failure(self, error: BaseException) -> StoreError:
        """The error to show for what a connection raised."""
        return error if isinstance(error, StoreError) else failure(self.name, error)

    def dispose(self, *, close: bool = True) -> None:
        """Gives the connections back; without ``close`` they are left to the process that this one was forked from."""
        for name in ("_waiting", "_hurried"):
            if name in self.__dict__:
                self.__dict__[name].dispose(close=close)

    @cached_property
    def _waiting(self) -> Engine:
        return make_engine(self._url, BUSY_SECONDS)

    @cached_property
    def _hurried(self) -> Engine:
        return make_engine(self._url, RUN_BUSY_SECONDS)

    def _made_ready(self, engine: Engine) -> Engine:
        if not self.ready:
            try:
                make_file(engine.url)
                ensure_schema(engine)
            except BaseException:
                engine.dispose()
                raise
            self.ready = True
        return engine
