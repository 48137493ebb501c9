"""CSV: a header, and one row a case."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

from genops.errors import InputError, Location
from genops.evals.datasets.sources.row import Row
from genops.evals.datasets.sources.text_lines import text_lines

_SEPARATORS = ",;\t|"


def csv_rows(path: Path, sep: str | None, encoding: str, limit: int) -> Iterator[Row]:
    r"""A row for each row below the header; empty lines are passed over.

    Args:
        path: Of the file.
        sep: What separates fields; None for the one of ``, ; \t |`` that gives the header the most columns.
        encoding: Of its text.
        limit: Characters in a row, at most.

    Raises:
        InputError: The header has a column twice, a row has fewer or more fields than the header, or the quotes do
            not match; with the line.
    """
    csv.field_size_limit(max(csv.field_size_limit(), limit))
    lines = text_lines(path, encoding, limit)
    head = list(_up_to_header(lines))
    if not head:
        return
    rows = csv.reader(_bounded(chain(head, lines), path, limit), delimiter=sep or _separator(head[-1]), strict=True)
    header: list[str] = []
    line = 1
    try:
        for fields in rows:
            if fields and not header:
                line = rows.line_num
                header = _header(fields, Location(path, line))
            elif fields:
                yield Row(Location(path, line), _values(fields, header, Location(path, line)), table=True, text=True)
            line = rows.line_num + 1
    except csv.Error as error:
        raise InputError(
            f"not CSV: {error}", at=Location(path, line), hint='a quote inside a quoted field is doubled: ""'
        ) from None


def _up_to_header(lines: Iterator[str]) -> Iterator[str]:
    for line in lines:
        yield line
        if line.strip():
            return


def _bounded(lines: Iterator[str], path: Path, limit: int) -> Iterator[str]:
    """The lines, as long as no quoted field runs on over too many of them."""
    taken, first, open_quote = 0, 1, False
    for number, line in enumerate(lines, start=1):
        if not open_quote:
            taken, first = 0, number
        taken += len(line)
        open_quote ^= line.count('"') % 2 == 1
        if taken > limit:
            raise InputError(
                f"a row of more than {limit:,} characters",
                at=Location(path, first),
                hint="close the quote, or raise `limits.payload_bytes` in the settings",
            )
        yield line


def _separator(header: str) -> str:
    return max(_SEPARATORS, key=lambda separator: len(next(csv.reader([header], delimiter=separator))))


def _header(fields: list[str], at: Location) -> list[str]:
    header = [name.strip() for name in fields]
    for name in header:
        if header.count(name) > 1:
            raise InputError(f"two columns are called {name!r}", at=at, hint="rename one of the two")
    return header


def _values(fields: list[str], header: list[str], at: Location) -> dict[str, str]:
    if len(fields) != len(header):
        raise InputError(
            f"{len(fields)} fields, and the header has {len(header)}",
            at=at,
            hint='quote a field that holds the separator: "a, b"; or say `sep`',
        )
    return dict(zip(header, fields, strict=True))
