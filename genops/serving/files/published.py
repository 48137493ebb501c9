"""The hashes under which a model's files were published, as far as this machine knows them."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Literal, NamedTuple

from genops.artifacts import kept_digest
from genops.artifacts.files import file_digest

_SHA256 = re.compile(r"[0-9a-f]{64}")
_SHA1 = re.compile(r"[0-9a-f]{40}")
_SUMS = ("SHA256SUMS", "sha256sums.txt", "SHA256SUMS.txt", "checksums.txt")
SMALL = 16 * 1024 * 1024
"""Bytes up to which a file is hashed whenever it is checked."""


class Published(NamedTuple):
    """A file and the hash that it was published with."""

    path: Path
    hash: str
    source: str

    def matches(self, cache: Path, *, read: bool = False) -> Literal["yes", "no", "unknown"]:
        """Whether the file has that hash.

        Args:
            cache: Where the digests of large files are kept.
            read: Whether a large file whose digest is not kept is read for that.

        Raises:
            OSError: It cannot be read.
        """
        if _SHA1.fullmatch(self.hash):
            if self.path.stat().st_size > SMALL and not read:
                return "unknown"
            found = _git_hash(self.path)
        elif read or self.path.stat().st_size <= SMALL:
            found = file_digest(self.path, cache)
        else:
            found = kept_digest(self.path, cache) or ""
        return "unknown" if not found else "yes" if found == self.hash else "no"


def published_hashes(folder: Path) -> list[Published]:
    """What is known of the files in a folder: by the hub's cache, its download folder, or a list of hashes."""
    found = {entry.path.name: entry for entry in (*_of_lists(folder), *_of_downloads(folder), *_of_cache(folder))}
    return [found[name] for name in sorted(found)]


def unfinished_downloads(folder: Path) -> list[Path]:
    """What a download that was cut off has left behind, for a snapshot in the hub's cache or a downloaded folder."""
    blobs = folder.parent.parent / "blobs"
    places = (blobs if folder.parent.name == "snapshots" else folder, folder / ".cache" / "huggingface" / "download")
    return sorted(path for place in places for path in place.glob("*.incomplete"))


def _of_cache(folder: Path) -> Iterator[Published]:
    """A file of the hub's cache is a link to a blob, which is called by its hash: SHA-256, or git's for small ones."""
    for path in folder.iterdir():
        if path.is_symlink() and path.is_file():
            name = path.readlink().name
            if _SHA256.fullmatch(name) or _SHA1.fullmatch(name):
                yield Published(path, name, "the hub's cache")


def _of_downloads(folder: Path) -> Iterator[Published]:
    """``hf download --local-dir`` keeps the commit, the hash and the time of each file beside the folder's own."""
    for kept in (folder / ".cache" / "huggingface" / "download").glob("*.metadata"):
        path = folder / kept.name.removesuffix(".metadata")
        lines = kept.read_text(encoding="utf-8", errors="replace").splitlines()
        if path.is_file() and len(lines) > 1 and (_SHA256.fullmatch(lines[1]) or _SHA1.fullmatch(lines[1])):
            yield Published(path, lines[1], "the hub")


def _of_lists(folder: Path) -> Iterator[Published]:
    """Lines of ``sha256sum``."""
    for name in _SUMS:
        file = folder / name
        if not file.is_file():
            continue
        for line in file.read_text(encoding="utf-8", errors="replace").splitlines():
            value, _, named = line.strip().partition(" ")
            path = folder / Path(named.strip().lstrip("*")).name
            if _SHA256.fullmatch(value.lower()) and path.is_file():
                yield Published(path, value.lower(), name)


def _git_hash(path: Path) -> str:
    """The name that git gives to a file's content."""
    hashed = hashlib.sha1(b"blob %d\0" % path.stat().st_size, usedforsecurity=False)
    with path.open("rb") as stream:
        while piece := stream.read(1 << 20):
            hashed.update(piece)
    return hashed.hexdigest()
