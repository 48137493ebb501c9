"""An index snapshot on disk: an immutable folder named by its digest.

``.genops/indexes/NAME/`` holds a folder for each snapshot (see :mod:`~genops.retrieval.snapshots.layouts`), with its
``manifest.json`` and a folder for each segment, and the file ``current`` that says which one is in use. Nothing is ever
changed in a published folder; a segment that two snapshots share is there once, by hard links.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import orjson

from genops.errors import Location, SnapshotError
from genops.retrieval.snapshots.layouts import MANIFEST, Hold, digest_of
from genops.retrieval.snapshots.manifest import FileEntry, Manifest, rebuild
from genops.retrieval.snapshots.published import Published
from genops.retrieval.snapshots.segment import DocumentRecord, Segment

SOURCES = "sources.jsonl"
TIMES = "times.json"

_PIECE = 2**22
_verified: dict[Path, tuple[tuple[int, ...], ...]] = {}
_verifying = threading.Lock()


@dataclass(frozen=True, slots=True)
class Place:
    """Where a document stands in a snapshot."""

    segment: Segment
    position: int
    record: DocumentRecord


@dataclass(frozen=True)
class Snapshot(Published):
    """A snapshot on this machine.

    Attributes:
        folder: Where its files are.
        hold: Keeps them there for as long as this object lives, whatever is built and removed meanwhile.
    """

    folder: Path
    hold: Hold | None = field(default=None, kw_only=True, compare=False, repr=False)

    @classmethod
    def load(cls, name: str, folder: Path) -> Snapshot:
        """The snapshot in a folder; its files are not looked at yet.

        Raises:
            SnapshotError: The manifest is missing, damaged or of another format.
        """
        at, hint = Location(folder / MANIFEST), rebuild(name)
        try:
            hold = Hold(folder)
            data = (folder / MANIFEST).read_bytes()
        except FileNotFoundError:
            raise SnapshotError("the index snapshot has no manifest", at=at, hint=hint) from None
        except OSError as error:
            raise SnapshotError(f"the manifest cannot be read: {error}", at=at, hint=hint) from None
        return cls(name, Manifest.loads(data, digest_of(folder), at, hint), folder, hold=hold)

    def let_go(self) -> Snapshot:
        """See :meth:`Published.let_go`."""
        return replace(self, hold=None)

    @cached_property
    def segments(self) -> list[Segment]:
        """Its segments, open for reading; :meth:`verify` first."""
        dimension = self.manifest.dimension
        return [Segment(self.folder / entry.name, entry, dimension, self.times) for entry in self.manifest.segments]

    @cached_property
    def times(self) -> dict[str, int | None]:
        """When documents were modified, by id, of those that were modified since their segment was written."""
        path = self.folder / TIMES
        return orjson.loads(path.read_bytes()) if path.exists() else {}

    @property
    def place(self) -> str:
        """Where its files are."""
        return str(self.folder.resolve())

    def places(self) -> Iterator[Place]:
        """Its documents with where they stand, tombstones left out."""
        for segment in self.segments:
            deleted = set(segment.entry.deleted)
            for position, record in enumerate(segment.records()):
                if position not in deleted:
                    yield Place(segment, position, record)

    def records(self) -> Iterator[DocumentRecord]:
        """See :meth:`Published.records`."""
        return (place.record for place in self.places())

    def sources(self) -> list[dict[str, Any]]:
        """See :meth:`Published.sources`."""
        try:
            lines = (self.folder / SOURCES).read_bytes().splitlines()
        except OSError as error:
            raise _unreadable(self.folder / SOURCES, error, self.name) from None
        return [orjson.loads(line) for line in lines]

    def verify(self, again: bool = False) -> str:
        """Checks the bytes of every file, once in a process for as long as the files are left alone."""
        state = tuple(map(self._state, self.manifest.files))
        with _verifying:
            if again or _verified.get(self.folder) != state:
                for file, entry in self.manifest.files.items():
                    self._check(file, entry)
                _verified[self.folder] = state
        return f"{len(state):,} {'file' if len(state) == 1 else 'files'}"

    def _state(self, file: str) -> tuple[int, ...]:
        try:
            status = (self.folder / file).stat()
        except OSError:
            return ()
        return status.st_size, status.st_mtime_ns, status.st_ino

    def _check(self, file: str, entry: FileEntry) -> None:
        try:
            intact = (self.folder / file).stat().st_size == entry.size and hashed(self.folder / file) == entry.sha256
        except OSError as error:
            raise _unreadable(self.folder / file, error, self.name) from None
        if not intact:
            at = Location(self.folder / file)
            raise SnapshotError("a file of the index snapshot was changed or damaged", at=at, hint=rebuild(self.name))


def _unreadable(path: Path, error: OSError, name: str) -> SnapshotError:
    what = f"a file of the index snapshot cannot be read: {error.strerror}"
    return SnapshotError(what, at=Location(path), hint=rebuild(name))


def hashed(path: Path) -> str:
    """SHA-256 of a file, in pieces so large that threads at other work are seldom held up."""
    found = hashlib.sha256()
    with path.open("rb", buffering=0) as stream:
        piece = memoryview(bytearray(min(_PIECE, path.stat().st_size)))
        while size := stream.readinto(piece):
            found.update(piece[:size])
    return found.hexdigest()
