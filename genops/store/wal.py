"""A file of SQLite that is read and written at once."""

from __future__ import annotations

import sqlite3
import time

_PAUSE = 0.02


def use_wal(connection: sqlite3.Connection, seconds: float) -> None:
    """Keeps a write-ahead log for the file, so that readers and the writer do not wait for one another.

    Whatever the connection's timeout, SQLite does not wait where two connections change the mode at once: of two
    processes that open a new file in the same moment one would fail.

    Args:
        connection: To the file.
        seconds: How long to wait for a lock that another connection holds.

    Raises:
        sqlite3.OperationalError: It is held longer, or the file cannot be written.
    """
    deadline = time.monotonic() + seconds
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
                raise
            time.sleep(_PAUSE)
