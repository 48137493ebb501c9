"""Disks that are full when a test says so: a real one where the test may mount, else a limit on the size of files."""

from __future__ import annotations

import contextlib
import resource
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

import pytest


class Disk(Protocol):
    """A place for a store.

    Attributes:
        folder: Where it is.
    """

    folder: Path

    def start(self, command: list[str], **options: object) -> subprocess.Popen[str]:
        """Starts a program for which the disk can be full."""
        ...

    def fill(self) -> None:
        """Leaves no byte to write."""
        ...

    def free(self) -> None:
        """Gives the room back."""
        ...


class Tmpfs:
    """A file system of 1 MiB in memory; a store without a run takes a sixth of it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._ballast = folder / "ballast"
        self._mount("-t", "tmpfs", "-o", "size=1m", "tmpfs")

    def _mount(self, *arguments: str) -> None:
        done = subprocess.run(["mount", *arguments, str(self.folder)], capture_output=True, text=True, check=False)
        if done.returncode:
            pytest.skip(f"a file system cannot be mounted here: {done.stderr.strip()}")

    def unmount(self) -> None:
        subprocess.run(["umount", "--lazy", str(self.folder)], check=True)

    def make_read_only(self) -> None:
        self._mount("-o", "remount,ro")

    def start(self, command: list[str], **options: object) -> subprocess.Popen[str]:
        return subprocess.Popen(command, **options)

    def fill(self) -> None:
        with self._ballast.open("ab", buffering=0) as ballast:
            for size in (65536, 4096, 1):
                try:
                    while True:
                        ballast.write(bytes(size))
                except OSError:
                    continue

    def free(self) -> None:
        self._ballast.unlink()


class FileSizeLimit:
    """No file that a started program writes may grow: needs no rights, and reads to SQLite as an input/output error."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._limit = resource.RLIM_INFINITY
        self._started: list[int] = []

    def start(self, command: list[str], **options: object) -> subprocess.Popen[str]:
        limit = "unlimited" if self._limit == resource.RLIM_INFINITY else self._limit
        process = subprocess.Popen(["sh", "-c", f'ulimit -S -f {limit}; exec "$@"', "sh", *command], **options)
        self._started.append(process.pid)
        return process

    def fill(self) -> None:
        self._set(0)

    def free(self) -> None:
        self._set(resource.RLIM_INFINITY)

    def _set(self, limit: int) -> None:
        self._limit = limit
        for started in self._started:
            with contextlib.suppress(ProcessLookupError):  # it has ended
                resource.prlimit(started, resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))


@pytest.fixture
def tmpfs(tmp_path: Path) -> Iterator[Tmpfs]:
    """A small disk; the test is skipped where nothing may be mounted."""
    folder = tmp_path / "disk"
    folder.mkdir()
    disk = Tmpfs(folder)
    yield disk
    disk.unmount()


@pytest.fixture(params=["tmpfs", "file size limit"])
def disk(request: pytest.FixtureRequest, tmp_path: Path) -> Disk:
    """A disk that a test can fill."""
    small: Disk = request.getfixturevalue("tmpfs") if request.param == "tmpfs" else FileSizeLimit(tmp_path)
    return small
