"""Documents: the text files that an index is built from, read by the globs of its settings."""

from __future__ import annotations

import glob
import hashlib
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from genops.errors import DefinitionError, InputError, Location
from genops.index_settings import IndexSettings
from genops.settings import Settings

_MARKDOWN = frozenset({".md", ".markdown"})


@dataclass(frozen=True, slots=True)
class Document:
    r"""A text that can be searched.

    Attributes:
        id: Its lasting name in the index; for a file, the uri.
        uri: Path relative to the project, with forward slashes on every platform.
        text: As Python reads a text file: UTF-8, no byte order mark, line ends as ``\n``. Spans count its characters.
        hash: SHA-256 of the text in UTF-8.
    """

    id: str
    uri: str
    text: str
    hash: str = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "hash", hashlib.sha256(self.text.encode("utf-8")).hexdigest())

    @property
    def is_markdown(self) -> bool:
        """Whether the text has the structure of Markdown, by its name."""
        return PurePosixPath(self.uri).suffix.lower() in _MARKDOWN


def read_documents(settings: Settings, index: IndexSettings) -> list[Document]:
    """The documents that the globs of an index name, sorted by uri, each once.

    Hidden files and folders are matched only by globs that name them.

    Raises:
        DefinitionError: A glob leaves the project or matches no file.
        InputError: A file cannot be read, is not UTF-8 text or is too large, or all files are empty.
    """
    at = Location(settings.source) if settings.source else None
    uris: set[str] = set()
    for pattern in index.sources:
        if Path(pattern).is_absolute() or ".." in PurePosixPath(pattern).parts:
            raise DefinitionError(
                f"source {pattern!r} leaves the project", at=at, hint="write a glob relative to the project"
            )
        found = [
            name
            for name in glob.glob(pattern, root_dir=settings.root, recursive=True)  # noqa: PTH207 - skips hidden files
            if (settings.root / name).is_file()
        ]
        if not found:
            raise DefinitionError(
                f"source {pattern!r} matches no file", at=at, hint=f"globs are relative to {settings.root}"
            )
        uris.update(Path(name).as_posix() for name in found)
    documents = [_read(settings, uri) for uri in sorted(uris)]
    if not any(document.text.strip() for document in documents):
        raise InputError(
            f"the corpus is empty: no text in {len(documents)} files", at=at, hint="see `sources` of the index"
        )
    return documents


def _read(settings: Settings, uri: str) -> Document:
    path, limit = settings.root / uri, settings.limits.payload_bytes
    at = Location(path)
    try:
        if path.stat().st_size > limit:
            raise InputError(
                f"larger than {limit:,} bytes",
                at=at,
                hint="split the file, or raise `limits.payload_bytes` in the settings",
            )
        data = path.read_bytes()
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror}", at=at) from None
    if b"\0" in data:
        raise InputError("a binary file, not text", at=at, hint="narrow the globs in `sources` of the index")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise InputError(
            f"not UTF-8 text (byte 0x{data[error.start]:02x})",
            at=Location(path, line),
            hint="save the file as UTF-8, or narrow the globs in `sources` of the index",
        ) from None
    return Document(uri, uri, text.replace("\r\n", "\n").replace("\r", "\n"))
