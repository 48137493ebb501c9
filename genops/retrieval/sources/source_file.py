"""A file that is being read: its bytes, text and lines, and the documents and errors that come from it."""

from __future__ import annotations

import codecs
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from genops.errors import DefinitionError, InputError, Location
from genops.index_settings import FileSource
from genops.retrieval.document import Document
from genops.retrieval.sources.fields import metadata_of, modified_of, title_of
from genops.retrieval.sources.values import Misfit

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before UTF-16: its mark begins with UTF-16's
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_NARROW = "narrow the globs in `sources` of the index"


@dataclass(frozen=True, slots=True)
class SourceFile:
    """One file of a source.

    Attributes:
        root: The project's folder.
        uri: Its path relative to the project, with forward slashes.
        source: How it is to be read.
        modified: Nanoseconds since the epoch.
        limit: Bytes in a file that is read whole, or characters in a record, at most.
    """

    root: Path
    uri: str
    source: FileSource
    modified: int
    limit: int

    @property
    def path(self) -> Path:
        """Where it is."""
        return self.root / self.uri

    def read_bytes(self) -> bytes:
        """All of it.

        Raises:
            InputError: It cannot be read, or is larger than the limit.
        """
        try:
            with self.path.open("rb") as stream:
                data = stream.read(self.limit + 1)
        except OSError as error:
            raise self.error(f"cannot be read: {error.strerror}") from None
        if len(data) > self.limit:
            raise self.error(
                f"larger than {self.limit:,} bytes",
                hint="split the file, or raise `limits.payload_bytes` in the settings",
            )
        return data

    def read_text(self) -> str:
        r"""All of it as text, with ``\n`` for every line end.

        Raises:
            InputError: It cannot be read, is larger than the limit, binary, or in another encoding.
        """
        return self.decode(self.read_bytes(), self.source.encoding)

    def decode(self, data: bytes, encoding: str) -> str:
        r"""Bytes of this file as text. A byte order mark wins over the encoding.

        Raises:
            InputError: They are binary or in another encoding; with the line.
            DefinitionError: There is no such encoding.
        """
        mark, encoding = _marked(data, encoding)
        check_encoding(encoding)
        if b"\0" in data and not encoding.replace("_", "-").lower().startswith(("utf-16", "utf-32")):
            raise self.error("a binary file, not text", hint=_NARROW)
        try:
            text = data[mark:].decode(encoding)
        except UnicodeDecodeError as error:
            before = error.object[: error.start].decode(encoding, "replace")
            raise self._not_text(encoding, before.count("\n") + 1, error) from None
        if "\0" in text:
            raise self.error("a binary file, not text", hint=_NARROW)
        return text.replace("\r\n", "\n").replace("\r", "\n")

    def lines(self) -> Iterator[str]:
        r"""Its lines one by one, line ends as they are (``\n``, ``\r\n`` or ``\r``): the file may be of any size.

        Raises:
            InputError: It cannot be read, a line is longer than the limit, or is in another encoding.
            DefinitionError: There is no such encoding.
        """
        number = 0
        try:
            with self.path.open("rb") as stream:
                mark, encoding = _marked(stream.read(4), self.source.encoding)
                check_encoding(encoding)
                stream.seek(mark)
                text = io.TextIOWrapper(stream, encoding, newline="")
                while line := text.readline(self.limit + 1):
                    number += 1
                    if len(line) > self.limit:
                        raise self.error(
                            f"a line of more than {self.limit:,} characters",
                            number,
                            hint="raise `limits.payload_bytes` in the settings",
                        )
                    if "\0" in line:
                        raise self.error("a binary file, not text", number, hint=_NARROW)
                    yield line
        except OSError as error:
            raise self.error(f"cannot be read: {error.strerror}") from None
        except UnicodeDecodeError as error:
            # The decoder is ahead of the lines by the lines that are whole in its last piece.
            before = error.object[: error.start].decode(encoding, "replace")
            raise self._not_text(encoding, number + before.count("\n") + 1, error) from None

    def document(self, text: str, properties: Mapping[str, Any] | None = None, **fields: Any) -> Document:
        """A document that is this whole file.

        Args:
            text: Its text.
            properties: What the file says of itself. The title is in ``title``, or where the source says; metadata and
                time are what the source names.
            **fields: The other attributes of :class:`Document`.

        Raises:
            InputError: It would not be valid.
        """
        source, said = self.source, properties or {}
        try:
            given = {
                "title": title_of(source.title or "title", said),
                "metadata": metadata_of(source, said, parse=True),
                "modified": modified_of(source, said) or self.modified,
                "ttl": source.ttl,
            }
        except Misfit as misfit:
            raise self.error(str(misfit)) from None
        return Document(self.uri, self.uri, text, **{**given, **fields})

    def error(self, message: str, line: int | None = None, hint: str | None = None) -> InputError:
        """An error that names this file."""
        return InputError(message, at=Location(self.path, line), hint=hint)

    def _not_text(self, encoding: str, line: int, error: UnicodeDecodeError) -> InputError:
        return self.error(
            f"not {encoding.upper()} text (byte 0x{error.object[error.start]:02x})",
            line,
            hint=f"save the file as UTF-8, set `encoding` of its source, or {_NARROW}",
        )


def check_encoding(encoding: str) -> None:
    """Checks that an encoding of text has this name.

    Raises:
        DefinitionError: There is none.
    """
    try:
        "".encode(encoding)
    except (LookupError, ValueError):
        raise DefinitionError(
            f"there is no encoding of text called {encoding!r}", hint="such as utf-8, cp1252, shift_jis"
        ) from None


def _marked(data: bytes, encoding: str) -> tuple[int, str]:
    """Length of the byte order mark, and the encoding that it stands for; else 0 and the one that is given."""
    for mark, marked in _MARKS:
        if data.startswith(mark):
            return len(mark), marked
    return 0, encoding
