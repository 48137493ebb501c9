"""JSON Lines: one object a line."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson

from genops.errors import Location
from genops.evals.datasets.sources.exact_json import exact_json, refuse_constant
from genops.evals.datasets.sources.row import Row
from genops.evals.datasets.sources.text_lines import text_lines

_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")
_EXAMPLE = 'one line holds one object: {"question": "…", "expected": "…"}'


def jsonl_rows(path: Path, encoding: str, limit: int) -> Iterator[Row]:
    """A row for each line; blank lines are passed over.

    Raises:
        InputError: A line is no JSON object, or the file is not text; with the line.
    """
    for number, line in enumerate(text_lines(path, encoding, limit), start=1):
        if not line.strip():
            continue
        row = Row(Location(path, number), _parsed(line, Row(Location(path, number), {})))
        if not isinstance(row.values, dict):
            raise row.error("a row is a JSON object", hint=_EXAMPLE)
        yield row


def _parsed(line: str, row: Row) -> Any:
    try:
        return exact_json(line)
    except orjson.JSONDecodeError as error:
        if _SURROGATE.search(line) and (unpaired := _unpaired(line)) is not None:
            return unpaired
        if constants := _constants(line):
            raise row.error(f"{constants[0]} is no number", hint="leave the value out, or write null") from None
        raise row.error(f"not JSON: {error.msg} (column {error.colno})", hint=_EXAMPLE) from None


def _unpaired(line: str) -> Any:
    """What a line holds in which half of a surrogate pair stands alone, which orjson refuses; None where it is broken.

    Datasets of attacks have such lines.
    """
    try:
        return json.loads(line, parse_constant=refuse_constant)
    except (ValueError, RecursionError):
        return None


def _constants(line: str) -> list[str]:
    """The ``NaN`` and ``Infinity`` of a line that would be JSON without them."""
    found: list[str] = []
    try:
        json.loads(line, parse_constant=found.append)
    except (ValueError, RecursionError):
        return []
    return found
