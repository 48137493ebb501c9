"""Whether what was found is still what its source says."""

from __future__ import annotations

import time
from datetime import datetime
from functools import cached_property
from pathlib import Path

from genops.retrieval.snapshots.pointer import confirmed_at
from genops.retrieval.snapshots.segment import DocumentRecord
from genops.retrieval.snapshots.snapshot import Snapshot, source_lines


class Freshness:
    """Looks, hit by hit, at a document's age and at the file that it was read from.

    Args:
        root: The project's folder.
        snapshot: What is searched.
    """

    def __init__(self, root: Path, snapshot: Snapshot) -> None:
        self._root = root
        self._snapshot = snapshot

    def of(self, document: DocumentRecord) -> str | None:
        """``expired``, ``changed`` or ``removed``; None when nothing speaks against it."""
        if document.expires is not None and time.time_ns() > document.expires:
            return "expired"
        if document.uri not in self._files:
            return None
        try:
            modified = (self._root / document.uri).stat().st_mtime
        except OSError:
            return "removed"
        return "changed" if modified > self._read_at() else None

    @cached_property
    def _files(self) -> frozenset[str]:
        """The files that documents were read from."""
        return frozenset(line["key"] for line in source_lines(self._snapshot))

    def _read_at(self) -> float:
        """When a build last found the snapshot to be what its sources say, in seconds since the epoch."""
        at = confirmed_at(self._snapshot.folder.parent, self._snapshot.digest) or self._snapshot.manifest.built_at
        return datetime.fromisoformat(at).timestamp()
