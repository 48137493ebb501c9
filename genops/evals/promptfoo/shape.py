"""The shapes that a configuration's values must have before anything is made of them."""

from __future__ import annotations

from typing import Any

from genops.errors import DefinitionError


def mapping(raw: Any, what: str) -> dict[str, Any]:
    """A mapping; an empty one where nothing is given.

    Raises:
        DefinitionError: It is something else.
    """
    if raw is None:
        return {}
    if not isinstance(raw, dict):
        raise DefinitionError(f"{what} is no mapping: {raw!r:.60}")
    return raw


def listed(raw: Any, what: str) -> list[Any]:
    """A list; an empty one where nothing is given.

    Raises:
        DefinitionError: It is something else.
    """
    if raw is None:
        return []
    if not isinstance(raw, list):
        raise DefinitionError(f"{what} is no list: {raw!r:.60}")
    return raw
