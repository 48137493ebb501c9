"""A folder of this machine with the snapshots of an index, and the file ``current`` that says which one is in use.

``current`` has a line for each change: the digest, when, and ``build``, ``use`` or ``rollback``. The last line counts;
the file is replaced in one move.
"""

from __future__ import annotations

import re
import secrets
import shutil
from collections.abc import Collection
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

from genops.durable import locked, sync, write_durably
from genops.errors import Location, SnapshotError
from genops.retrieval.snapshots.manifest import rebuild
from genops.retrieval.snapshots.pointer import Use, extended
from genops.retrieval.snapshots.publish import sweep
from genops.retrieval.snapshots.shelf import Removed
from genops.retrieval.snapshots.snapshot import Snapshot

CURRENT = "current"
LOCK = ".lock"
_LINE = re.compile(r"([0-9a-f]{64})\s+(\S+)\s+(build|use|rollback)")
_DIGEST = re.compile(r"[0-9a-f]{64}")


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

    def put_in_use(self, use: Use) -> None:
        """Adds a line to the pointer, atomically; under the lock."""
        try:
            uses = self.history()
        except SnapshotError:  # a damaged pointer is what a new build repairs
            uses = []
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
        return sorted(path.name for path in self.folder.glob("*") if _DIGEST.fullmatch(path.name))

    def load(self, digest: str) -> Snapshot:
        """A snapshot; its files are not looked at yet.

        Raises:
            SnapshotError: The manifest is missing, damaged or of another format.
        """
        return Snapshot.load(self.name, self.folder / digest)

    def remove(self, digests: Collection[str], dry_run: bool) -> Removed:
        """Removes snapshots, and what killed builds left; under the lock."""
        freed = sum(
            path.stat().st_size
            for digest in digests
            for path in (self.folder / digest).rglob("*")
            if path.is_file() and path.stat().st_nlink == 1
        )
        abandoned = 0 if dry_run else sweep(self.folder)
        for digest in digests if not dry_run else ():
            shutil.rmtree(self.folder / digest, ignore_errors=True)
        return Removed(tuple(digests), freed, abandoned)
