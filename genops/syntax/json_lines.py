"""JSON Lines: one JSON object on each line."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from genops.errors import DefinitionError, Location


def json_lines(text: str, path: Path) -> Iterator[tuple[Location, Mapping[str, Any]]]:
    """The objects of a file and their lines; empty lines are left out.

    Args:
        text: Of the file.
        path: Of the file, for messages.

    Raises:
        DefinitionError: A line is no JSON object; the message says which.
    """
    for line, content in enumerate(text.split("\n"), 1):
        if not content.strip():
            continue
        at = Location(path, line)
        try:
            record = json.loads(content)
        except (ValueError, RecursionError) as error:
            raise DefinitionError(f"not JSON: {error}", at=at) from None
        if not isinstance(record, dict):
            raise DefinitionError("a row is a JSON object", at=at)
        yield at, record
