"""Plain text: the whole file is one document."""

from __future__ import annotations

from collections.abc import Iterator

from genops.retrieval.document import Document
from genops.retrieval.sources.source_file import SourceFile


def read_text(file: SourceFile) -> Iterator[Document]:
    """The file as one document. Any file that decodes can be read so.

    Raises:
        InputError: It is too large, binary, or in another encoding.
    """
    yield file.document(file.read_text())
