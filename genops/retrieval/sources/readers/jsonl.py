"""JSON Lines: one document for each line."""

from __future__ import annotations

from collections.abc import Iterator

import orjson

from genops.retrieval.document import Document
from genops.retrieval.sources.records import Record, record_documents
from genops.retrieval.sources.source_file import SourceFile


def read_jsonl(file: SourceFile) -> Iterator[Document]:
    """A document for each line; empty lines are passed over. The file may be of any size, a line may not.

    Raises:
        InputError: A line is not a JSON object, or a field is missing or not of its type; with the line.
    """
    yield from record_documents(_records(file), file.source, file.uri, file.error, parse=False, modified=file.modified)


def _records(file: SourceFile) -> Iterator[Record]:
    for number, line in enumerate(file.lines(), start=1):
        if not line.strip():
            continue
        try:
            record = orjson.loads(line)
        except orjson.JSONDecodeError as error:
            raise file.error(f"not JSON: {error.msg} (column {error.colno})", number) from None
        if not isinstance(record, dict):
            raise file.error(f"a {type(record).__name__}, not a JSON object", number)
        yield number, record
