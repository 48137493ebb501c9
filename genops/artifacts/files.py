"""Digests of large files: a file that has not changed is not read again, in this process or the next."""

from __future__ import annotations

import hashlib
import os
import secrets
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from genops.artifacts.component import Component
from genops.errors import DefinitionError, Location, Unfinished

ADAPTER_FILES = ("adapter_config.json", "adapter_model.*", "new_embeddings.*")
"""What of a LoRA adapter's folder an engine reads (PEFT's layout); cards and training states are left out."""

_PIECE = 1 << 20
_MOST_REMEMBERED = 4096
_remembered: dict[tuple[Path, str, Path | None], str] = {}


def file_digest(path: Path, cache: Path | None = None, stopped: Callable[[], bool] = lambda: False) -> str:
    """SHA-256 of a file's content: 64 hexadecimal digits.

    Args:
        path: The file; a link is followed.
        cache: Folder where the digest is kept, under the path, size, inode and times of the file; made when needed.
        stopped: Asked between pieces of a file that has to be read: whether to give up.

    Raises:
        OSError: The file cannot be read.
        Unfinished: It was given up.
    """
    found = path.resolve()
    key = found, _stamp(found), cache
    digest = _remembered.get(key)
    if digest is None:
        digest = _digest(*key, stopped)
        if len(_remembered) >= _MOST_REMEMBERED:
            _remembered.clear()
        _remembered[key] = digest
    return digest


def kept_digest(path: Path, cache: Path) -> str | None:
    """SHA-256 of a file if :func:`file_digest` has kept it there and the file is unchanged since; it is not read.

    Raises:
        OSError: There is no such file.
    """
    found = path.resolve()
    return _kept(found, _stamp(found), cache)


def _stamp(path: Path) -> str:
    """What changes when a file's content does."""
    status = path.stat()
    return f"{status.st_size} {status.st_ino} {status.st_mtime_ns} {status.st_ctime_ns}"


def _digest(path: Path, stamp: str, cache: Path | None, stopped: Callable[[], bool]) -> str:
    if cache is not None and (kept := _kept(path, stamp, cache)):
        return kept
    digest = _hashed(path, stopped)
    if cache is not None:
        _keep(_place(path, cache), f"{stamp} {digest}")
    return digest


def _hashed(path: Path, stopped: Callable[[], bool]) -> str:
    found, piece = hashlib.sha256(), bytearray(_PIECE)
    view = memoryview(piece)
    with path.open("rb", buffering=0) as file:
        while not stopped():
            size = file.readinto(view)
            if not size:
                return found.hexdigest()
            found.update(view[:size])
    raise Unfinished(f"{path} was not hashed to its end")


def _place(path: Path, cache: Path) -> Path:
    return cache / hashlib.sha256(os.fsencode(path)).hexdigest()


def _kept(path: Path, stamp: str, cache: Path) -> str | None:
    with suppress(OSError, ValueError):
        known, _, digest = _place(path, cache).read_text(encoding="ascii").rpartition(" ")
        if known == stamp and len(digest) == hashlib.sha256().digest_size * 2:
            return digest
    return None


def _keep(file: Path, text: str) -> None:
    """Writes a file whole or not at all; a cache that cannot be written is none."""
    temporary = file.with_name(f".{file.name}-{secrets.token_hex(8)}")
    with suppress(OSError):
        file.parent.mkdir(parents=True, exist_ok=True)
        temporary.write_text(text, encoding="ascii")
        temporary.replace(file)


def adapter_component(name: str, folder: Path, cache: Path | None = None) -> Component:
    """A LoRA adapter as a component: the digests of the files that an engine reads, by their names.

    Args:
        name: Under which requests ask for it.
        folder: With ``adapter_config.json`` and the weights.
        cache: See :func:`file_digest`.

    Raises:
        DefinitionError: The folder holds no adapter, or a file of it cannot be read.
    """
    files = {file for pattern in ADAPTER_FILES for file in folder.glob(pattern) if file.is_file()}
    if len(files) < 2 or folder / "adapter_config.json" not in files:
        raise DefinitionError(
            f"the adapter {name!r} is not there: {_missing(folder, files)}",
            at=Location(folder),
            hint="an adapter is a folder with adapter_config.json and adapter_model.safetensors",
        )
    try:
        return Component("adapter", name, {"files": {file.name: file_digest(file, cache) for file in sorted(files)}})
    except OSError as error:
        raise DefinitionError(f"the adapter {name!r} cannot be read: {error.strerror}", at=Location(folder)) from None


def _missing(folder: Path, files: set[Path]) -> str:
    if not folder.is_dir():
        return "no such folder"
    return "no weights" if folder / "adapter_config.json" in files else "no adapter_config.json"
