"""A folder of this machine with the snapshots of an index, and the file ``current`` that says which one is in use.

``current`` has a line for each change: the digest, when, and ``build``, ``use`` or ``rollback``. The last line counts;
the file is replaced in one move.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Collection
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

from genops.durable import locked, sync, write_durably
from genops.errors import Location, SnapshotError
from genops.retrieval.snapshots.layouts import digests_in, discard, layouts, newest, unread
from genops.retrieval.snapshots.manifest import rebuild
from genops.retrieval.snapshots.pointer import Use, check_follows, extended
from genops.retrieval.snapshots.publish import sweep
from genops.retrieval.snapshots.shelf import Removed
from genops.retrieval.snapshots.snapshot import Snapshot

CURRENT = "current"
LOCK, TURN = ".lock", ".turn"
_LINE = re.compile(r"([0-9a-f]{64})\s+(\S+)\s+(build|use|rollback)")


@dataclass(frozen=True, slots=True)
class LocalShelf:
    """The snapshots of an index in a folder.

    Attributes:
        name: The index's.
        folder: There need not be one yet.
    """

    name: str
    folder: Path

    def locked(self) -> AbstractContextManager[None]:
        """Keeps other processes and threads out."""
        self.folder.mkdir(parents=True, exist_ok=True)
        return locked(self.folder / LOCK)

    def turn(self) -> AbstractContextManager[None]:
        """Lets updates of this machine begin one after the other; builds and choices of a snapshot do not wait."""
        self.folder.mkdir(parents=True, exist_ok=True)
        return locked(self.folder / TURN)

    def history(self) -> list[Use]:
        """Every change of the snapshot in use, oldest first; empty before the first build.

        Raises:
            SnapshotError: The pointer cannot be read.
        """
        pointer = self.folder / CURRENT
        try:
            lines = pointer.read_text(encoding="ascii").splitlines()
        except FileNotFoundError:
            return []
        except (OSError, ValueError) as error:
            raise SnapshotError(f"cannot be read: {error}", at=Location(pointer), hint=rebuild(self.name)) from None
        found = [_LINE.fullmatch(line.strip()) for line in lines]
        uses = [Use(*match.groups()) for match in found if match is not None]
        if len(uses) < len(lines) or not uses:
            raise SnapshotError("does not name a snapshot", at=Location(pointer), hint=rebuild(self.name))
        return uses

    def put_in_use(self, use: Use, after: str | None = None) -> None:
        """Adds a line to the pointer, atomically; under the lock."""
        try:
            uses = self.history()
        except SnapshotError:  # a damaged pointer is what a new build repairs
            uses = []
        check_follows(uses, after)
        lines = "".join(f"{use.digest} {use.at} {use.action}\n" for use in extended(uses, use))
        temporary = self.folder / f".{CURRENT}-{secrets.token_hex(8)}"
        try:
            write_durably(temporary, lines.encode("ascii"))
            temporary.replace(self.folder / CURRENT)
        finally:
            temporary.unlink(missing_ok=True)
        sync(self.folder)

    def digests(self) -> list[str]:
        """Of everything in the folder that is named as a snapshot is."""
        return digests_in(self.folder)

    def load(self, digest: str) -> Snapshot:
        """A snapshot, which stays there for as long as the result lives; its files are not looked at yet.

        Raises:
            SnapshotError: The manifest is missing, damaged or of another format.
        """
        while True:
            layout = newest(self.folder, digest)
            try:
                return Snapshot.load(self.name, layout)
            except SnapshotError:
                if newest(self.folder, digest) == layout:  # else a newer layout took its place
                    raise

    def remove(self, digests: Collection[str], dry_run: bool) -> Removed:
        """Removes snapshots that nobody has open, and what killed builds left; under the lock."""
        abandoned = 0 if dry_run else sweep(self.folder)
        gone: list[str] = []
        still_open: list[str] = []
        freed = 0
        for digest in digests:
            found = layouts(self.folder, digest)
            sizes = {layout: _own_bytes(layout) for layout in found}
            removed = [layout for layout in found if (_is_unread(layout) if dry_run else discard(layout))]
            freed += sum(sizes[layout] for layout in removed)
            (gone if removed == found else still_open).append(digest)
        return Removed(tuple(gone), freed, abandoned, tuple(still_open))


def _own_bytes(layout: Path) -> int:
    """Of the files that no other snapshot shares."""
    files = [path.stat() for path in layout.rglob("*") if path.is_file()]
    return sum(status.st_size for status in files if status.st_nlink == 1)


def _is_unread(layout: Path) -> bool:
    with unread(layout) as free:
        return free
