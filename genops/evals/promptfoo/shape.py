"""The shapes that a configuration's values must have before anything is made of them."""

from __future__ import annotations

from typing import Any

from genops.errors import DefinitionError


def mapping(raw: Any, what: str) -> dict[str, Any]:
    """A mapping; an empty one where nothing is given.

    Raises:
        DefinitionError: It is something else.
    """
    return _of_kind(raw, dict, {}, f"{what} is no mapping")


def listed(raw: Any, what: str) -> list[Any]:
    """A list; an empty one where nothing is given.

    Raises:
        DefinitionError: It is something else.
    """
    return _of_kind(raw, list, [], f"{what} is no list")


def _of_kind(raw: Any, kind: type, nothing: Any, problem: str) -> Any:
    if raw is None:
        return nothing
    if not isinstance(raw, kind):
        raise DefinitionError(f"{problem}: {raw!r:.60}")
    return raw
