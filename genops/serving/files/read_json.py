"""JSON files that come with a model, where anything may be wrong."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from genops.errors import DefinitionError, Location


def read_json(path: Path) -> dict[str, Any]:
    """The object in a JSON file.

    Raises:
        DefinitionError: It cannot be read, is not JSON, or is something else than an object.
    """
    try:
        value = json.loads(path.read_bytes())
    except OSError as error:
        raise DefinitionError(f"cannot be read: {error.strerror}", at=Location(path)) from None
    except (ValueError, RecursionError) as error:
        raise DefinitionError(
            f"is not JSON: {error}", at=Location(path), hint="fetch the file again: it may be half of one"
        ) from None
    if not isinstance(value, dict):
        raise DefinitionError(
            f"holds {type(value).__name__} in place of an object", at=Location(path), hint="fetch the file again"
        )
    return value
