"""Which reader reads a file."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from importlib.metadata import version
from typing import Protocol

from genops.plugins import registry
from genops.retrieval.document import Document
from genops.retrieval.sources.readers.languages import LANGUAGES
from genops.retrieval.sources.source_file import SourceFile

_BY_SUFFIX = {
    "md": "markdown",
    "htm": "html",
    "xhtml": "html",
    "tsv": "csv",
    "ndjson": "jsonl",
    **dict.fromkeys(LANGUAGES, "code"),
}

RECORDS = frozenset({"csv", "jsonl"})
"""Built-in readers that make a document of each record; the others make one of the whole file."""

_VERSION = 1
_PARSERS: dict[str, tuple[str, ...]] = {
    "code": (),
    "csv": (),
    "docx": ("mammoth", "markdownify", "beautifulsoup4"),
    "html": ("markdownify", "beautifulsoup4"),
    "jsonl": (),
    "markdown": (),
    "pdf": ("pypdf",),
    "text": (),
}


class Reader(Protocol):
    """A plug-in of kind ``reader``."""

    def __call__(self, file: SourceFile) -> Iterator[Document]:
        """The documents of a file, one by one.

        Raises:
            InputError: The file is not what it should be; ``file.error`` makes one that names it.
        """
        ...


def reader_for(suffix: str, named: str | None) -> str:
    """Name of the reader of files with a suffix.

    Args:
        suffix: Of the files' names, with its dot.
        named: The reader that its source names, if it does.

    Raises:
        ReferenceNotFound: No reader has the name that the source gives.
    """
    if named is not None:
        registry.get("reader", named)
        return named
    name = suffix[1:].lower()
    return name if name in registry.names("reader") else _BY_SUFFIX.get(name, "text")


@lru_cache
def reader_version(reader: str) -> str | None:
    """What changes when a built-in reader may read the same file differently; None for a plug-in."""
    if reader not in _PARSERS:
        return None
    return " ".join([str(_VERSION), *(f"{package}={version(package)}" for package in _PARSERS[reader])])
