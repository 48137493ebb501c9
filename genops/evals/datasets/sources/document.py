"""YAML and JSON files that hold a list of rows."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

import orjson

from genops.errors import InputError, Location
from genops.evals.datasets.sources.exact_json import exact_json
from genops.evals.datasets.sources.row import Row
from genops.syntax import YamlFile, read_text, read_yaml

_WANTED = "a list of rows, or a mapping with `rows:`"


def document_rows(path: Path, kind: Literal["yaml", "json"], limit: int) -> Iterator[Row]:
    """The rows of a file that holds a list of them, or a mapping with ``rows``.

    Args:
        path: Of the file.
        kind: What it is written in.
        limit: Bytes in a JSON file, at most.

    Raises:
        InputError: It holds something else, or cannot be read.
        DefinitionError: It is not YAML.
    """
    file = YamlFile(_json(path, limit), path) if kind == "json" else read_yaml(read_text(path, "dataset"), path)
    keys: tuple[str, ...] = ("rows",) if isinstance(file.data, dict) and "rows" in file.data else ()
    data = file.data["rows"] if keys else file.data
    if not isinstance(data, list):
        raise InputError(f"a dataset is {_WANTED}", at=file.at(*keys))
    yield from listed_rows(data, file, *keys)


def listed_rows(data: list[Any], file: YamlFile, *keys: str | int) -> Iterator[Row]:
    """The rows of a list; ``keys`` is where it stands in the file.

    Raises:
        InputError: One is no mapping.
    """
    for number, values in enumerate(data):
        at = file.at(*keys, number)
        if (*keys, number) not in file.lines:
            at = Location(f"{file.path}, row {number + 1}")
        if not isinstance(values, dict):
            raise InputError("a row is a mapping of columns to values", at=at, hint="{question: …, expected: …}")
        yield Row(at, values)


def _json(path: Path, limit: int) -> Any:
    try:
        with path.open("rb") as stream:
            data = stream.read(limit + 1)
        if len(data) > limit:
            raise InputError(f"larger than {limit:,} bytes", at=Location(path), hint="write JSON Lines: one row a line")
        return exact_json(data)
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror}", at=Location(path)) from None
    except orjson.JSONDecodeError as error:
        raise InputError(f"not JSON: {error.msg}", at=Location(path, error.lineno, error.colno)) from None
