"""Building beside the snapshot in use, and publishing whole or not at all."""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path

from genops.durable import sync, try_lock
from genops.errors import SnapshotError
from genops.retrieval.snapshots.layouts import (
    TEMPORARY,
    Hold,
    digests_in,
    discard,
    following,
    layouts,
    newest,
)
from genops.retrieval.snapshots.manifest import FileEntry, Manifest
from genops.retrieval.snapshots.snapshot import Snapshot, hashed

_AT_ONCE = 4


@contextmanager
def workspace(folder: Path) -> Iterator[Path]:
    """A folder to build in; what killed builders left is removed on the way in, and this one on the way out."""
    folder.mkdir(parents=True, exist_ok=True)
    sweep(folder)
    place = folder / f"{TEMPORARY}{secrets.token_hex(8)}"
    held = try_lock(_lock_of(place))
    try:
        place.mkdir()
        yield place
    finally:
        shutil.rmtree(place, ignore_errors=True)
        _lock_of(place).unlink(missing_ok=True)
        if held is not None:
            os.close(held)


def sweep(folder: Path) -> int:
    """Removes what killed builders left, where a builder at work holds a lock, and layouts that count no more.

    Returns:
        How many folders killed builders had left.
    """
    for digest in digests_in(folder):
        for older in layouts(folder, digest)[:-1]:
            discard(older)
    removed = 0
    for place in folder.glob(f"{TEMPORARY}*"):
        if not place.is_dir():
            continue
        with suppress(OSError):
            held = try_lock(_lock_of(place))
            if held is not None:
                shutil.rmtree(place, ignore_errors=True)
                _lock_of(place).unlink(missing_ok=True)
                os.close(held)
                removed += 1
    return removed


def _lock_of(place: Path) -> Path:
    return place.with_name(f"{place.name}.lock")


def share(parent: Snapshot, segment: str, place: Path) -> dict[str, FileEntry]:
    """Puts a segment of a published snapshot into a workspace: by hard links, or copied where there are none.

    Returns:
        What guards its files, as the parent's manifest says.
    """
    (place / segment).mkdir()
    entries = {file: entry for file, entry in parent.manifest.files.items() if file.startswith(f"{segment}/")}
    for file in entries:
        try:
            os.link(parent.folder / file, place / file)
        except OSError:
            shutil.copy2(parent.folder / file, place / file)
            sync(place / file)
    return entries


class Guard:
    """Makes the files of a workspace durable and hashes them, each as soon as it is complete, while others are written.

    Use it as a context: on the way out all that it took is on the disk, and after an error nothing is under way.

    Args:
        place: The workspace.

    Raises:
        OSError: On the way out: the disk cannot take a file.
    """

    def __init__(self, place: Path) -> None:
        self._place = place
        self._pool = ThreadPoolExecutor(_AT_ONCE)
        self._synced: list[Future[None]] = []
        self._hashed: dict[Path, Future[FileEntry]] = {}

    def __enter__(self) -> Guard:
        return self

    def __exit__(self, error: type[BaseException] | None, *_: object) -> None:
        try:
            for synced in self._synced if error is None else ():
                synced.result()
        finally:
            self._pool.shutdown(cancel_futures=True)

    def take(self, path: Path) -> None:
        """Begins with a file, which is not written to any more; its folder keeps its name."""
        self._synced.append(self._pool.submit(sync, path))
        self._hashed[path] = self._pool.submit(_entry, path)

    def write(self, path: Path, data: bytes) -> None:
        """Writes a file and takes it."""
        path.write_bytes(data)
        self.take(path)

    def entries(self, known: Mapping[str, FileEntry]) -> dict[str, FileEntry]:
        """What guards every file in the workspace.

        Args:
            known: Of shared segments, by path in the workspace.
        """
        paths = {path.relative_to(self._place).as_posix(): path for path in sorted(self._place.rglob("*"))}
        paths = {name: path for name, path in paths.items() if path.is_file()}
        for name, path in paths.items():
            if name not in known and path not in self._hashed:
                self.take(path)
        return {name: known.get(name) or self._hashed[path].result() for name, path in paths.items()}


def _entry(path: Path) -> FileEntry:
    return FileEntry(size=path.stat().st_size, sha256=hashed(path))


def published(name: str, folder: Path, digest: str) -> Snapshot | None:
    """The intact snapshot in an index's folder, when there is one."""
    try:
        snapshot = Snapshot.load(name, newest(folder, digest))
        snapshot.verify(again=True)
    except SnapshotError:
        return None
    return snapshot


def publish(name: str, place: Path, manifest: Manifest, replace: bool = False) -> Snapshot:
    """Gives a workspace its name in one move; older layouts of the snapshot stay until then, and while they are read.

    Args:
        name: The index's.
        place: The workspace, complete and durable.
        manifest: What is in it.
        replace: Takes the place of an intact snapshot of the same identity, whose files are laid out otherwise.
    """
    folder, digest = place.parent, manifest.digest
    sync(place)
    hold = Hold(place)
    while True:
        first = None if replace else published(name, folder, digest)
        if first is not None:
            return first
        target = following(folder, digest)
        try:
            place.rename(target)
            break
        except OSError:
            if not target.exists():  # else another builder was first
                raise
    sync(folder)
    for older in layouts(folder, digest)[:-1]:
        discard(older)
    return Snapshot(name, manifest, target, hold=hold)
