"""Where the snapshots of one index are, as seen by what lists, chooses, opens and removes them."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, Protocol

from genops.artifacts import Component
from genops.retrieval.snapshots.manifest import Manifest
from genops.retrieval.snapshots.pointer import Use
from genops.retrieval.snapshots.segment import DocumentRecord


@dataclass(frozen=True, slots=True)
class Removed:
    """What was removed.

    Attributes:
        snapshots: Digests.
        bytes: Disk space that became free, without what is shared with a snapshot that stays; None when nobody says.
        abandoned: What killed builds had left, by number.
    """

    snapshots: tuple[str, ...]
    bytes: int | None
    abandoned: int


class Published(Protocol):
    """A snapshot that can be searched, wherever it is.

    Attributes:
        name: The index's.
        manifest: What it was built from.
        digest: The digest of its logical identity, which is that of its component.
        component: What a lock pins.
        place: Where it is, for people; no two snapshots have the same.
    """

    @property
    def name(self) -> str: ...  # noqa: D102

    @property
    def manifest(self) -> Manifest: ...  # noqa: D102

    @property
    def digest(self) -> str: ...  # noqa: D102

    @property
    def component(self) -> Component: ...  # noqa: D102

    @property
    def place(self) -> str: ...  # noqa: D102

    def verify(self, again: bool = False) -> str:
        """Checks that all of it is there, once in a process.

        Args:
            again: Also when nothing speaks against it.

        Returns:
            What was found intact, in words.

        Raises:
            SnapshotError: Something is missing or was changed.
        """
        ...

    def records(self) -> Iterator[DocumentRecord]:
        """Its documents, tombstones left out."""
        ...

    def sources(self) -> list[dict[str, Any]]:
        """What was read: ``key`` and ``stamp`` of each source, and the ids of the ``documents`` that it gave."""
        ...


class Shelf(Protocol):
    """The snapshots of one index and its pointer. Every method raises ``SnapshotError`` when they cannot be read."""

    def locked(self) -> AbstractContextManager[None]:
        """Keeps out whoever else would change the pointer or remove snapshots, where that can be done."""
        ...

    def history(self) -> list[Use]:
        """Every change of the snapshot in use, oldest first; empty before the first build."""
        ...

    def put_in_use(self, use: Use) -> None:
        """Points to a snapshot that is there, atomically; under the lock."""
        ...

    def digests(self) -> list[str]:
        """Of all snapshots."""
        ...

    def load(self, digest: str) -> Published:
        """One of them."""
        ...

    def remove(self, digests: Collection[str], dry_run: bool) -> Removed:
        """Removes snapshots, and what killed builds left; under the lock."""
        ...
