"""Which snapshot of an index is in use, and which were before: the file ``current``, replaced in one move.

A line for each change: the digest, when, and ``build``, ``use`` or ``rollback``. The last line counts.
"""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from genops.errors import Location, ReferenceNotFound, SnapshotError
from genops.retrieval.snapshots.durable import locked, sync, write_durably
from genops.retrieval.snapshots.snapshot import Snapshot, rebuild

CURRENT = "current"
LOCK = ".lock"
_LINE = re.compile(r"([0-9a-f]{64})\s+(\S+)\s+(build|use|rollback)")

Action = Literal["build", "use", "rollback"]


@dataclass(frozen=True, slots=True)
class Use:
    """A snapshot that was put in use.

    Attributes:
        digest: The snapshot's.
        at: ISO 8601 in UTC.
        action: By what.
    """

    digest: str
    at: str
    action: str


def history(folder: Path, name: str) -> list[Use]:
    """Every change of the snapshot in use, oldest first; empty before the first build.

    Raises:
        SnapshotError: The pointer cannot be read.
    """
    pointer = folder / CURRENT
    try:
        lines = pointer.read_text(encoding="ascii").splitlines()
    except FileNotFoundError:
        return []
    except (OSError, ValueError) as error:
        raise SnapshotError(f"cannot be read: {error}", at=Location(pointer), hint=rebuild(name)) from None
    found = [_LINE.fullmatch(line.strip()) for line in lines]
    uses = [Use(*match.groups()) for match in found if match is not None]
    if len(uses) < len(lines) or not uses:
        raise SnapshotError("does not name a snapshot", at=Location(pointer), hint=rebuild(name))
    return uses


def digest_in_use(folder: Path, name: str) -> str | None:
    """The digest of the snapshot in use, or None before the first build.

    Raises:
        SnapshotError: The pointer cannot be read.
    """
    uses = history(folder, name)
    return uses[-1].digest if uses else None


def confirmed_at(folder: Path, digest: str) -> str | None:
    """When a snapshot was last put in use, or found by a build to be what it should be; None when it is not in use."""
    try:
        uses = history(folder, "")
    except SnapshotError:
        return None
    return uses[-1].at if uses and uses[-1].digest == digest and uses[-1].action == "build" else None


def put_in_use(snapshot: Snapshot, action: Action, at: str | None = None) -> None:
    """Points to a published snapshot, atomically.

    Args:
        snapshot: Which.
        action: Why.
        at: When its sources were read, ISO 8601 in UTC; by default now.
    """
    folder = snapshot.folder.parent
    with locked(folder / LOCK):
        _append(folder, snapshot.name, Use(snapshot.digest, at or now(), action))


def roll_back(folder: Path, name: str) -> str:
    """Puts the snapshot in use that was in use before the present one; again goes back further.

    Returns:
        Its digest.

    Raises:
        ReferenceNotFound: None was in use before, or it is no longer there.
        SnapshotError: It is damaged; the one in use stays.
    """
    with locked(folder / LOCK):
        before = trail(folder, name)[:-1]
        if not before:
            raise ReferenceNotFound(
                f"index {name!r}: no snapshot was in use before this one",
                hint=f"see `genops index list`, and choose one with `genops index use {name} DIGEST`",
            )
        digest = before[-1]
        if not (folder / digest).is_dir():
            raise ReferenceNotFound(
                f"index {name!r}: the snapshot before this one, {digest[:12]}, was removed",
                hint=f"choose another with `genops index use {name} DIGEST`",
            )
        Snapshot.load(name, folder / digest).verify()
        _append(folder, name, Use(digest, now(), "rollback"))
    return digest


def trail(folder: Path, name: str) -> list[str]:
    """The snapshots that rollbacks lead back along, the one in use last: a rollback takes its own step off again.

    Raises:
        SnapshotError: The pointer cannot be read.
    """
    found: list[str] = []
    for use in history(folder, name):
        if use.action == "rollback" and use.digest in found:
            while found[-1] != use.digest:
                found.pop()
        elif not found or found[-1] != use.digest:
            found.append(use.digest)
    return found


def now() -> str:
    """This moment, ISO 8601 in UTC."""
    return datetime.now(UTC).isoformat(timespec="microseconds")


def _append(folder: Path, name: str, use: Use) -> None:
    """Adds a line; a build that found what is in use brings its line up to date."""
    try:
        uses = history(folder, name)
    except SnapshotError:  # a damaged pointer is what a new build repairs
        uses = []
    if uses and uses[-1].digest == use.digest:
        if use.action != "build":
            return
        uses.pop()
    uses.append(use)
    temporary = folder / f".{CURRENT}-{secrets.token_hex(8)}"
    try:
        write_durably(temporary, "".join(f"{use.digest} {use.at} {use.action}\n" for use in uses).encode("ascii"))
        temporary.replace(folder / CURRENT)
    finally:
        temporary.unlink(missing_ok=True)
    sync(folder)
