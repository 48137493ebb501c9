"""What holds for all documents of an index together."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from genops.errors import InputError
from genops.retrieval.document import Document


def check_documents(documents: Iterable[Document], taken: dict[str, str] | None = None) -> Iterator[Document]:
    """The documents, each checked as it comes. What holds for each alone is checked when it is made.

    Args:
        documents: Of any origin.
        taken: Uris by id of the documents that stay in the index; those that come are added.

    Raises:
        InputError: Two have the same id, or something is no document.
    """
    uris = {} if taken is None else taken
    for number, document in enumerate(documents, start=1):
        if not isinstance(document, Document):
            raise InputError(
                f"document {number} is of type {type(document).__name__}, not a Document",
                hint="make it with genops.retrieval.Document(id, uri, text)",
            )
        if document.id in uris:
            raise InputError(
                f"two documents are called {document.id!r}: one of {uris[document.id]}, one of {document.uri}",
                hint="an id is given once in an index; name another field as `id` of the source",
            )
        uris[document.id] = document.uri
        yield document
