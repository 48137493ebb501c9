"""Whether what was found is still what its source says."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from functools import cache, cached_property
from pathlib import Path

from genops.errors import SnapshotError
from genops.retrieval.snapshots.pointer import Use, confirmed_at
from genops.retrieval.snapshots.published import Published
from genops.retrieval.snapshots.segment import DocumentRecord


class Freshness:
    """Looks at documents' age and at the files that they were read from.

    Args:
        root: The project's folder.
        snapshot: What is searched.
        history: Reads when which snapshot was put in use.
    """

    def __init__(self, root: Path, snapshot: Published, history: Callable[[], Sequence[Use]]) -> None:
        self._root = root
        self._snapshot = snapshot
        self._history = history

    def of(self, documents: Iterable[DocumentRecord]) -> list[str | None]:
        """``expired``, ``changed`` or ``removed`` of each; None when nothing speaks against it."""
        read_at = cache(self._read_at)
        return [self._of(document, read_at) for document in documents]

    def _of(self, document: DocumentRecord, read_at: Callable[[], float]) -> str | None:
        if document.ttl is not None and document.expires is not None and time.time_ns() > document.expires:
            return "expired"
        if document.uri not in self._files:
            return None
        try:
            modified = (self._root / document.uri).stat().st_mtime
        except OSError:
            return "removed"
        return "changed" if modified > read_at() else None

    @cached_property
    def _files(self) -> frozenset[str]:
        """The files that documents were read from."""
        return frozenset(line["key"] for line in self._snapshot.sources())

    def _read_at(self) -> float:
        """When a build last found the snapshot to be what its sources say, in seconds since the epoch."""
        try:
            at = confirmed_at(self._history(), self._snapshot.digest)
        except SnapshotError:
            at = None
        return datetime.fromisoformat(at or self._snapshot.manifest.built_at).timestamp()
