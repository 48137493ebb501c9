"""An index snapshot on disk: an immutable folder named by its digest.

``.genops/indexes/NAME/`` holds a folder for each snapshot, with its ``manifest.json`` and a folder for each segment,
and the file ``current`` that says which one is in use. Nothing is ever changed in a published folder; a segment that
two snapshots share is there once, by hard links.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import orjson

from genops.errors import Location, SnapshotError
from genops.retrieval.snapshots.manifest import FileEntry, Manifest, rebuild
from genops.retrieval.snapshots.published import Published
from genops.retrieval.snapshots.segment import DocumentRecord, Segment

MANIFEST = "manifest.json"
SOURCES = "sources.jsonl"
TIMES = "times.json"

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
    """

    folder: Path

    @classmethod
    def load(cls, name: str, folder: Path) -> Snapshot:
        """The snapshot in a folder; its files are not looked at yet.

        Raises:
            SnapshotError: The manifest is missing, damaged or of another format.
        """
        return cls(name, Manifest.load(folder / MANIFEST, rebuild(name)), folder)

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
        return [orjson.loads(line) for line in (self.folder / SOURCES).read_bytes().splitlines()]

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
        at = Location(self.folder / file)
        try:
            intact = (self.folder / file).stat().st_size == entry.size and hashed(self.folder / file) == entry.sha256
        except OSError as error:
            raise SnapshotError(
                f"a file of the index snapshot cannot be read: {error.strerror}", at=at, hint=rebuild(self.name)
            ) from None
        if not intact:
            raise SnapshotError("a file of the index snapshot was changed or damaged", at=at, hint=rebuild(self.name))


def hashed(path: Path) -> str:
    """SHA-256 of a file."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
