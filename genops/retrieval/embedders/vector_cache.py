"""Vectors kept between builds, so that only new texts are embedded."""

from __future__ import annotations

import hashlib
import logging
import sqlite3
import threading
import time
import zlib
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Self, TypeVar

from genops.artifacts import digest_of
from genops.retrieval.embedders.embedder import Embedder, Role
from genops.settings import Settings
from genops.store.wal import use_wal

if TYPE_CHECKING:
    from genops.retrieval.embedders.embedder import Vectors

FILE = "vectors.db"
LIMIT = 2 * 1024**3
"""Bytes: 1,300,000 vectors of 384 dimensions."""

T = TypeVar("T")

_log = logging.getLogger(__name__)
_SCHEMA = """
CREATE TABLE IF NOT EXISTS vectors (
    key BLOB PRIMARY KEY, vector BLOB NOT NULL, checksum INTEGER NOT NULL, used INTEGER NOT NULL
);
CREATE INDEX IF NOT EXISTS vectors_used ON vectors (used);
"""
_WAIT = 2.0
_DAY = 86_400
_AT_ONCE = 500


class VectorCache:
    """Vectors by embedder, role and text, in an SQLite file that several processes may use at once.

    It never breaks what it serves: where the file is locked, full, damaged or not writable, there is one warning, and
    from then on nothing is known and nothing is kept. Beyond its limit the vectors that were not used for longest go.

    Args:
        path: The file, made when first used; None for a cache that keeps nothing, where vectors cost nothing.
        limit: Bytes that it may take.
    """

    def __init__(self, path: Path | None, limit: int = LIMIT) -> None:
        self._path = path
        self._limit = limit
        self._lock = threading.Lock()
        self._connection: sqlite3.Connection | None = None
        self._usable = path is not None

    @classmethod
    def of(cls, settings: Settings) -> Self:
        """The cache of a project."""
        return cls(settings.data_dir / FILE)

    def get(self, embedder: Embedder, role: Role, texts: Iterable[str]) -> dict[str, Vectors]:
        """The vectors of those texts that are known."""
        import numpy as np

        if not self._usable:
            return {}
        keys = _keys(embedder, role, texts)
        nothing: dict[bytes, bytes] = {}
        found = self._safely(lambda database: _select(database, list(keys.values())), nothing)
        return {text: np.frombuffer(found[key], dtype="<f4") for text, key in keys.items() if key in found}

    def put(self, embedder: Embedder, role: Role, texts: Sequence[str], vectors: Vectors) -> None:
        """Keeps vectors."""
        if not self._usable:
            return
        keys, now = _keys(embedder, role, texts), int(time.time())
        kept = [vector.astype("<f4").tobytes() for vector in vectors]
        rows = [(keys[text], data, zlib.crc32(data), now) for text, data in zip(texts, kept, strict=True)]

        def write(database: sqlite3.Connection) -> None:
            with database:
                database.executemany("INSERT OR REPLACE INTO vectors VALUES (?, ?, ?, ?)", rows)
            self._shrink(database)

        self._safely(write, None)

    def close(self) -> None:
        """Gives the file back; the next use opens it again."""
        with self._lock:
            if self._connection is not None:
                self._connection.close()
                self._connection = None

    def _safely(self, work: Callable[[sqlite3.Connection], T], otherwise: T) -> T:
        with self._lock:
            if self._path is None or not self._usable:
                return otherwise
            try:
                if self._connection is None:
                    self._connection = _open(self._path)
                return work(self._connection)
            except (sqlite3.Error, OSError) as error:
                self._usable = False
                _log.warning(
                    "the cache of vectors is not used, every text is embedded anew: %s: %s"
                    " (when it is damaged, remove the file)",
                    self._path,
                    error,
                )
                return otherwise

    def _shrink(self, database: sqlite3.Connection) -> None:
        while _size(database) > self._limit:
            with database:
                gone = database.execute(
                    "DELETE FROM vectors WHERE key IN (SELECT key FROM vectors ORDER BY used LIMIT"
                    " 1 + (SELECT COUNT(*) / 10 FROM vectors))"
                ).rowcount
            if not gone:
                return


def _open(path: Path) -> sqlite3.Connection:
    path.parent.mkdir(parents=True, exist_ok=True)
    database = sqlite3.connect(path, timeout=_WAIT, check_same_thread=False)
    database.execute("PRAGMA page_size = 16384")  # of a new file: a page of the default size has room for two vectors
    use_wal(database, _WAIT)
    database.execute("PRAGMA synchronous = NORMAL")
    database.executescript(_SCHEMA)
    return database


def _select(database: sqlite3.Connection, keys: list[bytes]) -> dict[bytes, bytes]:
    """The intact vectors of keys; those that were not used today are marked as used."""
    found, old, now = {}, [], int(time.time())
    for start in range(0, len(keys), _AT_ONCE):
        some = keys[start : start + _AT_ONCE]
        marks = ",".join("?" * len(some))
        rows = database.execute(f"SELECT key, vector, checksum, used FROM vectors WHERE key IN ({marks})", some)
        for key, vector, checksum, used in rows:
            if zlib.crc32(vector) == checksum:
                found[key] = vector
            if used < now - _DAY:
                old.append((now, key))
    if old:
        with database:
            database.executemany("UPDATE vectors SET used = ? WHERE key = ?", old)
    return found


def _size(database: sqlite3.Connection) -> int:
    """Bytes in use; pages that deleted rows left are used again."""

    def pragma(name: str) -> int:
        return int(database.execute(f"PRAGMA {name}").fetchone()[0])

    return (pragma("page_count") - pragma("freelist_count")) * pragma("page_size")


def _keys(embedder: Embedder, role: Role, texts: Iterable[str]) -> dict[str, bytes]:
    start = hashlib.sha256(f"{digest_of(embedder.identity())}\0{role}\0".encode())
    keys = {}
    for text in texts:
        hashed = start.copy()
        hashed.update(text.encode("utf-8", "surrogatepass"))
        keys[text] = hashed.digest()
    return keys
