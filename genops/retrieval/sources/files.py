"""Files of a project as the sources of an index name them."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from posixpath import splitext

from genops.artifacts import digest_of, short
from genops.errors import DefinitionError, GenopsError, Location
from genops.index_settings import FileSource
from genops.plugins import registry
from genops.retrieval.document import Document
from genops.retrieval.sources.fields import check_fields
from genops.retrieval.sources.globs import Tree
from genops.retrieval.sources.readers.reader import RECORDS, reader_for, reader_version
from genops.retrieval.sources.source_file import SourceFile, check_encoding
from genops.settings import Settings

_TICK = 2 * 10**9
"""Nanoseconds in the coarsest tick of a file system's clock (FAT's)."""


@dataclass(frozen=True, slots=True)
class FoundFile:
    """A file that was found, and is yet to be read.

    Attributes:
        uri: Its path relative to the project, with forward slashes.
        stamp: See :class:`Entry`.
        file: What the reader is given.
        reader: The reader's name.
    """

    uri: str
    stamp: str | None
    file: SourceFile
    reader: str

    def read(self) -> Iterator[Document]:
        """Its documents.

        Raises:
            InputError: The reader refuses the file, or fails.
        """
        try:
            yield from registry.get("reader", self.reader)(self.file)
        except GenopsError as error:
            error.at = error.at or Location(self.file.path)
            raise
        except Exception as error:
            raise self.file.error(
                f"reader {self.reader!r} failed: {type(error).__name__}: {error}",
                hint="the file may be damaged; run with --debug for the traceback",
            ) from error


class Files:
    """The files that were found so far, each once: the first source that names a file says how it is read.

    Args:
        settings: The project's.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._tree = Tree(settings.root)
        self._found: dict[str, FoundFile] = {}
        self._settled = time.time_ns() - _TICK

    def __iter__(self) -> Iterator[FoundFile]:
        return iter(self._found.values())

    def add(self, source: FileSource) -> None:
        """Finds the files of a source.

        Raises:
            DefinitionError: Its glob leaves the project or matches no file, or its fields do not fit its files.
            ReferenceNotFound: It names no registered reader.
            InputError: A folder cannot be listed.
        """
        if Path(source.path).is_absolute() or ".." in PurePosixPath(source.path).parts:
            raise DefinitionError(
                f"source {source.path!r} leaves the project", hint="write a glob relative to the project"
            )
        check_fields(source, source.path)
        check_encoding(source.encoding)
        root, limit = self._settings.root, self._settings.limits.payload_bytes
        ways: dict[str, tuple[str, str | None]] = {}
        empty = True
        for uri, status in self._tree.files(source.path):
            empty = False
            if uri in self._found:
                continue
            suffix = splitext(uri)[1]
            if suffix not in ways:
                reader = reader_for(suffix, source.reader)
                _check_reader(source, reader)
                ways[suffix] = reader, _way(source, reader)
            reader, way = ways[suffix]
            file = SourceFile(root, uri, source, status.st_mtime_ns, limit)
            self._found[uri] = FoundFile(uri, self._stamp(status, way), file, reader)
        if empty:
            raise DefinitionError(
                f"source {source.path!r} matches no file", hint=f"globs are relative to {self._settings.root}"
            )

    def _stamp(self, status: os.stat_result, way: str | None) -> str | None:
        """What changes with the file; None where it may change and this would not (git's racily clean entries)."""
        if way is None or max(status.st_mtime_ns, status.st_ctime_ns) >= self._settled:
            return None
        return f"{status.st_size}-{status.st_mtime_ns}-{status.st_ctime_ns}-{status.st_ino}-{way}"


def _way(source: FileSource, reader: str) -> str | None:
    """A digest of how files are read; None for a reader whose changes cannot be known."""
    version = reader_version(reader)
    return version and short(digest_of([reader, version, source.model_dump(exclude={"path", "reader"})]))


def _check_reader(source: FileSource, reader: str) -> None:
    if reader in RECORDS and not source.text:
        raise DefinitionError(
            f"source {source.path!r}: {reader} files hold records, and no field is named as their text",
            hint=f'write {{path = "{source.path}", text = "FIELD"}}, or narrow the glob',
        )
    if reader_version(reader) and reader not in RECORDS and (source.text or source.id):
        raise DefinitionError(
            f"source {source.path!r}: `id` and `text` are for records, and the reader {reader!r} reads whole files",
            hint="leave them out, or narrow the glob",
        )
