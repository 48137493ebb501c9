"""Removing snapshots that nobody needs any more, and what killed builds left."""

from __future__ import annotations

import shutil
from collections.abc import Collection
from dataclasses import dataclass

from genops.retrieval.snapshots.durable import locked
from genops.retrieval.snapshots.folder import digests, index_folder, index_settings
from genops.retrieval.snapshots.pointer import LOCK, trail
from genops.retrieval.snapshots.publish import sweep
from genops.settings import Settings


@dataclass(frozen=True, slots=True)
class Removed:
    """What was removed.

    Attributes:
        snapshots: Digests.
        bytes: Disk space that became free; files shared with a snapshot that stays do not count.
        abandoned: Folders that killed builds had left.
    """

    snapshots: tuple[str, ...]
    bytes: int
    abandoned: int


def collect_garbage(
    settings: Settings, name: str, *, keep: int = 3, pinned: Collection[str] = (), dry_run: bool = False
) -> Removed:
    """Removes all snapshots of an index but the one in use, those before it, and pinned ones.

    Args:
        settings: The project's.
        name: The index's.
        keep: Snapshots that stay, the one in use among them: those that a rollback leads to.
        pinned: Digests that stay, as of published versions.
        dry_run: Only says what would be removed.

    Raises:
        ReferenceNotFound: The settings define no such index.
    """
    index_settings(settings, name)
    folder = index_folder(settings, name)
    if not folder.is_dir():
        return Removed((), 0, 0)
    with locked(folder / LOCK):
        wanted = {*trail(folder, name)[-max(keep, 1) :], *pinned}
        unwanted = [digest for digest in digests(folder) if digest not in wanted]
        freed = sum(
            path.stat().st_size
            for digest in unwanted
            for path in (folder / digest).rglob("*")
            if path.is_file() and path.stat().st_nlink == 1
        )
        abandoned = 0 if dry_run else sweep(folder)
        for digest in unwanted if not dry_run else ():
            shutil.rmtree(folder / digest, ignore_errors=True)
    return Removed(tuple(unwanted), freed, abandoned)
