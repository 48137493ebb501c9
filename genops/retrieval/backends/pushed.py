"""A snapshot that is in a database or on a server."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from genops.artifacts import Component
from genops.retrieval.backends.backend import Backend
from genops.retrieval.snapshots.manifest import Manifest
from genops.retrieval.snapshots.segment import DocumentRecord

_checked: set[str] = set()
_checking = threading.Lock()


@dataclass(frozen=True)
class PushedSnapshot:
    """An immutable build of an index, pushed by the machine that built it.

    Attributes:
        name: The index's.
        backend: Where it is.
        manifest: What it was built from.
    """

    name: str
    backend: Backend
    manifest: Manifest

    @property
    def digest(self) -> str:
        """The digest of its logical identity, which is that of its component."""
        return self.manifest.digest

    @cached_property
    def component(self) -> Component:
        """The component that a lock pins."""
        return self.manifest.identity.component(self.name)

    @property
    def place(self) -> str:
        """The backend's URL, the index and the digest."""
        return f"{self.backend.place}#{self.digest}"

    def verify(self, again: bool = False) -> str:
        """Checks that every row is there, once in a process.

        Args:
            again: Also when nothing speaks against it.

        Returns:
            What was found intact, in words.

        Raises:
            SnapshotError: Some are not.
            Unfinished: The server cannot be reached.
        """
        with _checking:
            if again or self.place not in _checked:
                self.backend.check(self.manifest)
                _checked.add(self.place)
        return f"{self.manifest.chunks:,} rows"

    def records(self) -> Iterator[DocumentRecord]:
        """Its documents."""
        return self.backend.records(self.manifest)

    def sources(self) -> list[dict[str, Any]]:
        """What was read: ``key`` and ``stamp`` of each source, and the ids of the ``documents`` that it gave."""
        return self.backend.sources(self.manifest)
