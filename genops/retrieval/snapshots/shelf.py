"""Where the snapshots of one index are, as seen by what lists, chooses, opens and removes them."""

from __future__ import annotations

from collections.abc import Collection
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol

from genops.retrieval.snapshots.pointer import Use
from genops.retrieval.snapshots.published import Published


@dataclass(frozen=True, slots=True)
class Removed:
    """What was removed.

    Attributes:
        snapshots: Digests.
        bytes: Disk space that became free, without what is shared with a snapshot that stays; None when nobody says.
        abandoned: What killed builds had left, by number.
        open: Digests that stay for now: a process has them open.
    """

    snapshots: tuple[str, ...]
    bytes: int | None
    abandoned: int
    open: tuple[str, ...] = ()


class Shelf(Protocol):
    """The snapshots of one index and its pointer. Every method raises ``SnapshotError`` when they cannot be read."""

    def locked(self) -> AbstractContextManager[None]:
        """Keeps out whoever else would change the pointer or remove snapshots, where that can be done."""
        ...

    def history(self) -> list[Use]:
        """Every change of the snapshot in use, oldest first; empty before the first build."""
        ...

    def put_in_use(self, use: Use, after: str | None = None) -> None:
        """Points to a snapshot that is there, atomically; under the lock.

        Args:
            use: Which, and why.
            after: The digest that must be in use until then; None where it does not matter.

        Raises:
            Overtaken: Another is, and stays so.
        """
        ...

    def digests(self) -> list[str]:
        """Of all snapshots."""
        ...

    def load(self, digest: str) -> Published:
        """One of them; of this machine it stays there for as long as the result lives."""
        ...

    def remove(self, digests: Collection[str], dry_run: bool) -> Removed:
        """Removes snapshots that nobody has open, and what killed builds left; under the lock."""
        ...
