"""What a database or server must do to hold an index."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Protocol

from genops.retrieval.lexical import Analyzer
from genops.retrieval.snapshots.manifest import Manifest
from genops.retrieval.snapshots.segment import DocumentRecord
from genops.retrieval.snapshots.shelf import Shelf
from genops.retrieval.snapshots.snapshot import Snapshot

if TYPE_CHECKING:
    from genops.retrieval.search.corpus import Corpus


class Backend(Shelf, Protocol):
    """The snapshots of one index in a database or on a server.

    A build makes a snapshot on this machine and pushes it. Who searches needs the backend alone. Safe to use from
    several threads. Every method raises ``Unfinished`` when the server cannot be reached or refuses.

    Attributes:
        place: The URL without its password, and the index.
    """

    @property
    def place(self) -> str: ...  # noqa: D102

    def close(self) -> None:
        """Gives back what is open and not in use; what is needed again is opened again."""
        ...

    def push(self, snapshot: Snapshot) -> None:
        """Brings a snapshot of this machine there, whole or not at all; does nothing when it is there. Under the lock.

        It is not in use by that.
        """
        ...

    def check(self, manifest: Manifest) -> None:
        """Makes sure that every row of a snapshot is there.

        Raises:
            SnapshotError: Some are not.
        """
        ...

    def records(self, manifest: Manifest) -> Iterator[DocumentRecord]:
        """A snapshot's documents."""
        ...

    def sources(self, manifest: Manifest) -> list[dict[str, Any]]:
        """What a snapshot was read from (see :class:`~genops.retrieval.snapshots.published.Published`)."""
        ...

    def corpus(self, manifest: Manifest, analyzer: Analyzer | None) -> Corpus:
        """A snapshot's passages, searched where they are."""
        ...
