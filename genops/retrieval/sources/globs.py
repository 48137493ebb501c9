"""Globs: the files that a pattern names, with what the file system says about each, none of them opened."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterator
from fnmatch import translate
from functools import lru_cache
from pathlib import Path

from genops.errors import InputError, Location

_MAGIC = re.compile(r"[*?[]")

Found = tuple[str, os.stat_result]
Trail = tuple[tuple[int, int], ...]


class Tree:
    """The files below a folder, each folder listed once however many patterns ask for it.

    A pattern means what it means to Python's ``glob``: ``*`` and ``?`` stay inside a name, ``**`` is any number of
    folders, and names that begin with a dot are matched by parts that do so too. A pattern without any of these that
    names a folder stands for all files below it.

    Args:
        root: What patterns are relative to.
    """

    def __init__(self, root: Path) -> None:
        self._root = root
        self._listings: dict[str, list[os.DirEntry[str]]] = {}

    def files(self, pattern: str) -> Iterator[Found]:
        """Path (relative, with forward slashes) and status of each regular file that matches; some may come twice.

        Raises:
            InputError: A folder cannot be listed, or the name of a matching file is not UTF-8.
        """
        parts = [part for part in pattern.split("/") if part not in ("", ".")]
        if not _MAGIC.search(pattern) and (self._root / pattern).is_dir():
            parts.append("**")
        if parts and parts[-1] == "**":
            parts.append("*")
        for uri, status in self._match("", parts, ()):
            try:
                uri.encode()
            except UnicodeEncodeError:
                raise InputError(
                    f"the name of the file {os.fsencode(uri)!r} is not UTF-8", hint="rename it, or narrow the glob"
                ) from None
            yield uri, status

    def _match(self, folder: str, parts: list[str], trail: Trail) -> Iterator[Found]:
        """The files in ``folder`` (empty, or with a slash at its end) that match the parts of a pattern."""
        if not parts:
            return
        part, rest = parts[0], parts[1:]
        if part == "**":
            yield from self._match_anywhere(folder, parts, rest, trail)
            return
        for entry in self._matching(folder, part):
            if rest:
                if _is_folder(entry):
                    yield from self._match(f"{folder}{entry.name}/", rest, trail)
            elif (status := _status(entry)) is not None and stat.S_ISREG(status.st_mode):
                yield folder + entry.name, status

    def _match_anywhere(self, folder: str, parts: list[str], rest: list[str], trail: Trail) -> Iterator[Found]:
        status = (self._root / folder).stat()
        here = (status.st_dev, status.st_ino)
        if here in trail:
            return  # a symbolic link leads back to a folder that it is in
        yield from self._match(folder, rest, trail)
        for entry in self._list(folder):
            if not entry.name.startswith(".") and _is_folder(entry):
                yield from self._match(f"{folder}{entry.name}/", parts, (*trail, here))

    def _matching(self, folder: str, part: str) -> Iterator[os.DirEntry[str]]:
        matches = _pattern(part).match
        hidden = part.startswith(".")
        for entry in self._list(folder):
            if (hidden or not entry.name.startswith(".")) and matches(os.path.normcase(entry.name)):
                yield entry

    def _list(self, folder: str) -> list[os.DirEntry[str]]:
        if folder not in self._listings:
            try:
                with os.scandir(self._root / folder) as entries:
                    self._listings[folder] = list(entries)
            except (FileNotFoundError, NotADirectoryError):
                self._listings[folder] = []
            except OSError as error:
                raise InputError(
                    f"the folder cannot be listed: {error.strerror}",
                    at=Location(self._root / folder),
                    hint="give access to it, or narrow the globs in `sources` of the index",
                ) from None
        return self._listings[folder]


@lru_cache
def _pattern(part: str) -> re.Pattern[str]:
    return re.compile(translate(os.path.normcase(part)))


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:
        return False


def _status(entry: os.DirEntry[str]) -> os.stat_result | None:
    try:
        return entry.stat()
    except OSError:
        return None  # a link to nothing, or gone since the folder was listed
