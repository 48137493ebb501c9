"""A snapshot that is in a database or on a server."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from genops.retrieval.backends.backend import Backend
from genops.retrieval.snapshots.published import Published
from genops.retrieval.snapshots.segment import DocumentRecord

_checked: set[str] = set()
_checking = threading.Lock()


@dataclass(frozen=True)
class PushedSnapshot(Published):
    """A snapshot that was pushed by the machine that built it.

    Attributes:
        backend: Where it is.
    """

    backend: Backend

    @property
    def place(self) -> str:
        """The backend's URL, the index and the digest."""
        return f"{self.backend.place}#{self.digest}"

    def verify(self, again: bool = False) -> str:
        """Checks that every row is there, once in a process."""
        with _checking:
            if again or self.place not in _checked:
                self.backend.check(self.manifest)
                _checked.add(self.place)
        return f"{self.manifest.chunks:,} rows"

    def records(self) -> Iterator[DocumentRecord]:
        """See :meth:`Published.records`."""
        return self.backend.records(self.manifest)

    def sources(self) -> list[dict[str, Any]]:
        """See :meth:`Published.sources`."""
        return self.backend.sources(self.manifest)
