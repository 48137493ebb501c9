"""Files that are whole, and on the disk when the call returns, and a lock between processes."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path


def write_durably(path: Path, data: bytes) -> None:
    """Writes a file and waits until the disk has it."""
    with path.open("wb") as stream:
        stream.write(data)
        stream.flush()
        os.fsync(stream.fileno())


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A file to write, which takes the place of another when the block ends well; a link goes on leading to it."""
    target = path.resolve()
    part = target.with_name(f".{target.name}.part")
    try:
        yield part
        part.replace(target)
    finally:
        with suppress(OSError):
            part.unlink(missing_ok=True)


def sync(path: Path) -> None:
    """Waits until the disk has a file's bytes, or the names in a folder, where the platform can."""
    if os.name != "posix" and path.is_dir():
        return
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def try_lock(path: Path) -> int | None:
    """An open descriptor that holds a lock on a file until it is closed or its process ends; None when another has it.

    Where the platform has no such locks the descriptor is given without one.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        import fcntl
    except ImportError:
        return descriptor
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(descriptor)
        return None
    return descriptor


def is_locked(path: Path) -> bool:
    """Whether another holds the lock of :func:`try_lock` on a file; any number may look at once.

    Raises:
        OSError: The file cannot be opened, or the platform or the file system has no such locks.
    """
    descriptor = os.open(path, os.O_RDONLY)
    try:
        import fcntl

        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except ImportError:
        raise OSError(f"this platform cannot tell whether {path} is locked") from None
    finally:
        os.close(descriptor)
    return False


def share_lock(path: Path) -> int:
    """An open descriptor that shares a lock on an existing file; waits while another has it alone (:func:`try_lock`).

    Where the platform has no such locks the descriptor is given without one.
    """
    descriptor = os.open(path, os.O_RDONLY)
    try:
        import fcntl
    except ImportError:
        return descriptor
    with suppress(OSError):  # a file system without locks
        fcntl.flock(descriptor, fcntl.LOCK_SH)
    return descriptor


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Keeps other processes, and threads, that use the same file out."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        try:
            import fcntl
        except ImportError:
            pass
        else:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
