"""What every published snapshot is, wherever it lies."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from genops.artifacts import Component
from genops.retrieval.snapshots.manifest import Manifest
from genops.retrieval.snapshots.segment import DocumentRecord


@dataclass(frozen=True)
class Published(ABC):
    """An immutable build of an index that can be searched.

    Attributes:
        name: The index's.
        manifest: What it was built from.
    """

    name: str
    manifest: Manifest

    @property
    def digest(self) -> str:
        """The digest of its logical identity, which is that of its component."""
        return self.manifest.digest

    @cached_property
    def component(self) -> Component:
        """What a lock pins."""
        return self.manifest.identity.component(self.name)

    def let_go(self) -> Published:
        """The same for who only wants to know of it: a snapshot of this machine is not kept from removal by it."""
        return self

    @property
    @abstractmethod
    def place(self) -> str:
        """Where it is, for people; no two snapshots have the same."""

    @abstractmethod
    def verify(self, again: bool = False) -> str:
        """Checks that all of it is there and intact, once in a process.

        Args:
            again: Also when nothing speaks against it.

        Returns:
            What was found intact, in words.

        Raises:
            SnapshotError: Something is missing or was changed.
            Unfinished: The server that it is on cannot be reached.
        """

    @abstractmethod
    def records(self) -> Iterator[DocumentRecord]:
        """Its documents, tombstones left out."""

    @abstractmethod
    def sources(self) -> list[dict[str, Any]]:
        """What was read: ``key`` and ``stamp`` of each source, and the ids of the ``documents`` that it gave."""
