"""Source code: the whole file is one document, its language known by the suffix."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import PurePosixPath

from genops.retrieval.document import Document
from genops.retrieval.sources.readers.languages import LANGUAGES
from genops.retrieval.sources.source_file import SourceFile


def read_code(file: SourceFile) -> Iterator[Document]:
    """The file as one document of format ``code``; its language is empty where the suffix says nothing.

    Raises:
        InputError: It is too large, binary, or in another encoding.
    """
    language = LANGUAGES.get(PurePosixPath(file.uri).suffix[1:].lower(), "")
    yield file.document(file.read_text(), format="code", language=language)
