"""Records (rows of CSV or SQL, lines of JSONL) as documents."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from genops.errors import InputError
from genops.index_settings import RecordFields
from genops.retrieval.document import Document
from genops.retrieval.sources.fields import id_and_text, metadata_of, modified_of, title_of
from genops.retrieval.sources.values import Misfit

Record = tuple[int, Mapping[str, Any]]


def record_documents(
    records: Iterable[Record],
    fields: RecordFields,
    uri: str,
    error: Callable[[str, int], InputError],
    *,
    parse: bool,
    modified: int | None = None,
) -> Iterator[Document]:
    """One document for each record, as it comes.

    Args:
        records: Each with its position: the line, or the row.
        fields: Which fields make the document.
        uri: Where the records are.
        error: Makes an error of a message and a position.
        parse: Whether text is parsed as the declared type of metadata, as in CSV.
        modified: When, for records that do not say.

    Raises:
        InputError: A field is missing or not of its type, or two records have the same id; with the position.
    """
    positions: dict[str, int] = {}
    for position, record in records:
        try:
            name, text = id_and_text(fields, record, str(position))
            document = Document(
                f"{uri}#{name}",
                uri,
                text,
                title=title_of(fields.title, record),
                metadata=metadata_of(fields, record, parse=parse),
                modified=modified_of(fields, record) or modified,
                ttl=fields.ttl,
            )
        except Misfit as misfit:
            raise error(str(misfit), position) from None
        except InputError as invalid:
            raise error(invalid.message, position) from None
        first = positions.setdefault(name, position)
        if first != position:
            raise error(f"the id {name!r} was given before, at {first}", position)
        yield document
