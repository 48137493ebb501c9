"""Long values cut to what a report can carry."""

from __future__ import annotations

import json
from typing import Any

from genops.artifacts import Value, encode
from genops.page import browser_value


def bounded(value: Value, room: int) -> dict[str, Any]:
    """A value for the page, whole or cut.

    Args:
        value: Any.
        room: Characters that it may have; bytes of its JSON where it is not text.

    Returns:
        ``{"value": value}``; of one that is too long ``{"cut": its beginning, "of": its characters}``.
    """
    size = len(value) if isinstance(value, str) else len(encode(value).data)
    if size <= room:
        return {"value": value}
    text = value if isinstance(value, str) else json.dumps(browser_value(value), ensure_ascii=False, indent=2)
    return {"cut": text[:room], "of": len(text)}


def shortened(text: str, room: int) -> str:
    """Text of at most so many characters, with a word about what is left out."""
    return text if len(text) <= room else f"{text[:room]} … ({len(text) - room:,} more characters)"
