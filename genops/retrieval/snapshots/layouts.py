"""The folders of snapshots: ``DIGEST`` has a snapshot's files, ``DIGEST.1`` the same contents laid out anew, and so on.

The highest number counts. A folder is whole from the moment that it has its name, and is never changed; it is removed
when nobody has it open. Who reads a manifest shares a lock on it for as long as the snapshot is open, and who removes
a folder needs that lock alone. Locks end with their processes, however these end.
"""

from __future__ import annotations

import os
import re
import secrets
import shutil
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from genops.durable import share_lock, try_lock

MANIFEST = "manifest.json"
TEMPORARY = ".building-"
_NAME = re.compile(r"([0-9a-f]{64})(?:\.([1-9][0-9]*))?")


def digests_in(folder: Path) -> list[str]:
    """Of everything in an index's folder that is named as a snapshot is."""
    return sorted({match[1] for match in _named(folder, "")})


def layouts(folder: Path, digest: str) -> list[Path]:
    """A snapshot's folders; the last one counts."""
    numbers = sorted(int(match[2] or 0) for match in _named(folder, digest))
    return [_layout(folder, digest, number) for number in numbers]


def newest(folder: Path, digest: str) -> Path:
    """The folder of a snapshot that counts; where it would be when there is none."""
    return next(reversed(layouts(folder, digest)), folder / digest)


def following(folder: Path, digest: str) -> Path:
    """The name of the next layout of a snapshot."""
    found = layouts(folder, digest)
    return _layout(folder, digest, int(found[-1].suffix[1:] or 0) + 1 if found else 0)


def digest_of(layout: Path) -> str:
    """The digest of the snapshot that a folder is named for."""
    return layout.name.partition(".")[0]


class Hold:
    """Keeps a snapshot's folder where it is for as long as this object lives.

    Args:
        folder: The snapshot's, or a workspace with its manifest: a hold stays through the move.

    Raises:
        OSError: There is no manifest, or it cannot be opened.
    """

    def __init__(self, folder: Path) -> None:
        path = folder / MANIFEST
        while True:
            descriptor = share_lock(path)
            closing = weakref.finalize(self, os.close, descriptor)
            if os.path.samestat(os.fstat(descriptor), path.stat()):  # else it was removed before the lock was there
                return
            closing()


@contextmanager
def unread(layout: Path) -> Iterator[bool]:
    """Whether nobody has a folder open; while the context lasts nobody opens it."""
    manifest, held = layout / MANIFEST, None
    try:
        held = try_lock(manifest) if manifest.exists() else None
        free = layout.is_dir() and (held is not None or not manifest.exists())
    except OSError:  # another one removes it
        free = False
    try:
        yield free
    finally:
        if held is not None:
            os.close(held)


def discard(layout: Path) -> bool:
    """Removes a folder unless someone has it open; whether it is gone."""
    with unread(layout) as free:
        if not free:
            return not layout.exists()
        going = layout.with_name(f"{TEMPORARY}{secrets.token_hex(8)}")  # what is half removed has no snapshot's name
        try:
            layout.rename(going)
        except OSError:
            return False
        shutil.rmtree(going, ignore_errors=True)
        return True


def _layout(folder: Path, digest: str, number: int) -> Path:
    return folder / (f"{digest}.{number}" if number else digest)


def _named(folder: Path, digest: str) -> list[re.Match[str]]:
    if not folder.is_dir():
        return []
    with os.scandir(folder) as entries:  # many times as fast as paths: every opening looks here
        names = [entry.name for entry in entries if entry.name.startswith(digest)]
    return [match for match in map(_NAME.fullmatch, names) if match is not None]
