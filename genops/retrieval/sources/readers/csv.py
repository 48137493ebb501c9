"""CSV: one document for each row below the header."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from itertools import chain

from genops.errors import nearest
from genops.retrieval.document import Document
from genops.retrieval.sources.fields import named
from genops.retrieval.sources.records import Record, record_documents
from genops.retrieval.sources.source_file import SourceFile

_DELIMITERS = ",;\t|"
_RAISE_LIMIT = "close the quote, or raise `limits.payload_bytes` in the settings"


def read_csv(file: SourceFile) -> Iterator[Document]:
    """A document for each row; empty lines are passed over. The file may be of any size, a row may not.

    The first row is the header. Fields are separated by comma, semicolon, tab or bar: whichever makes the header have
    the columns that the source names. They may be quoted by ``"``, which is doubled inside.

    Raises:
        InputError: The header lacks a column, a row has fewer or more fields than the header, the quotes do not
            match, or a field is missing or not of its type; with the line.
    """
    yield from record_documents(_records(file), file.source, file.uri, file.error, parse=True, modified=file.modified)


def _records(file: SourceFile) -> Iterator[Record]:
    csv.field_size_limit(max(csv.field_size_limit(), file.limit))
    lines = file.lines()
    head = list(_up_to_header(lines))
    if not head:
        return
    taken = 0

    def counted() -> Iterator[str]:
        nonlocal taken
        for text in chain(head, lines):
            taken += len(text)
            if taken > file.limit:  # most often a quote that does not end
                raise file.error(f"a row of more than {file.limit:,} characters", line, hint=_RAISE_LIMIT)
            yield text

    rows = csv.reader(counted(), delimiter=_delimiter(head[-1], file), strict=True)
    header: list[str] = []
    line = 1
    try:
        for row in rows:
            taken = 0
            if row and not header:
                header = _header(row, line, file)
            elif row:
                yield line, _record(row, header, line, file)
            line = rows.line_num + 1
    except csv.Error as error:
        raise file.error(f"not CSV: {error}", line, hint='a quote inside a quoted field is doubled: ""') from None


def _up_to_header(lines: Iterator[str]) -> Iterator[str]:
    for line in lines:
        yield line
        if line.strip():
            return


def _delimiter(line: str, file: SourceFile) -> str:
    """The delimiter that finds the most of the named columns in the header, then the most columns."""
    wanted = set(named(file.source))

    def columns(delimiter: str) -> tuple[int, int]:
        found = {name.strip() for row in csv.reader([line], delimiter=delimiter) for name in row}
        return len(wanted & found), len(found)

    return max(_DELIMITERS, key=columns)


def _header(row: list[str], line: int, file: SourceFile) -> list[str]:
    header = [name.strip() for name in row]
    for name in named(file.source):
        if header.count(name) != 1:
            what = "two columns" if name in header else "no column"
            hint = "rename one of the two" if name in header else nearest(name, header)
            raise file.error(f"the header has {what} {name!r}", line, hint=hint)
    return header


def _record(row: list[str], header: list[str], line: int, file: SourceFile) -> dict[str, str]:
    if len(row) != len(header):
        raise file.error(
            f"{len(row)} fields, and the header has {len(header)}",
            line,
            hint='quote a field that holds the delimiter: "a, b"',
        )
    return dict(zip(header, row, strict=True))
