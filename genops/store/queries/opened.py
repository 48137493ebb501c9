"""An open store: its database and its writer, which all queries share."""

from __future__ import annotations

import os
import threading
import weakref

from sqlalchemy import Engine

from genops.store.database import Database
from genops.store.writer import Writer


class Opened:
    """What each group of a store's methods works on.

    Args:
        database: Opened, or opened when it is first needed.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._writer: Writer | None = None
        self._making = threading.Lock()
        _all_opened.add(self)

    @property
    def url(self) -> str:
        """The database URL, without its password."""
        return self._database.name

    @property
    def _engine(self) -> Engine:
        return self._database.engine()

    @property
    def writer(self) -> Writer:
        """The background writer, made when first asked for."""
        if self._writer is None:
            with self._making:
                if self._writer is None:
                    self._writer = Writer(self._database)
        return self._writer

    def close(self) -> None:
        """Writes what waits and gives back the connections."""
        if self._writer is not None:
            self._writer.close()
        self._database.dispose()
        _all_opened.discard(self)


_all_opened: weakref.WeakSet[Opened] = weakref.WeakSet()


def _after_fork() -> None:
    for opened in list(_all_opened):
        opened._database.dispose(close=False)
        opened._making = threading.Lock()


os.register_at_fork(after_in_child=_after_fork)
