"""Removing snapshots that nobody needs any more, and what killed builds left."""

from __future__ import annotations

from collections.abc import Collection

from genops.retrieval.snapshots.folder import local_shelf, shelf_of
from genops.retrieval.snapshots.local import LocalShelf
from genops.retrieval.snapshots.pointer import trail
from genops.retrieval.snapshots.shelf import Removed, Shelf
from genops.settings import Settings


def collect_garbage(
    settings: Settings, name: str, *, keep: int = 3, pinned: Collection[str] = (), dry_run: bool = False
) -> Removed:
    """Removes all snapshots of an index but the one in use, those before it, pinned ones, and what is open.

    What a process of this machine has open, this one among them, stays until a later collection.

    Of an index in a database or on a server the copies on this machine go as well.

    Args:
        settings: The project's.
        name: The index's.
        keep: Snapshots that stay, the one in use among them: those that a rollback leads to.
        pinned: Digests that stay, as of published versions.
        dry_run: Only says what would be removed.

    Raises:
        ReferenceNotFound: The settings define no such index.
        SnapshotError: What is in use cannot be found out.
    """
    shelf, local = shelf_of(settings, name), local_shelf(settings, name)
    with shelf.locked():
        wanted = {*trail(shelf.history())[-max(keep, 1) :], *pinned}
        removed = _remove(shelf, wanted, dry_run)
    if not isinstance(shelf, LocalShelf):
        with local.locked():
            _remove(local, wanted, dry_run)
    return removed


def _remove(shelf: Shelf, wanted: Collection[str], dry_run: bool) -> Removed:
    return shelf.remove([digest for digest in shelf.digests() if digest not in wanted], dry_run)
