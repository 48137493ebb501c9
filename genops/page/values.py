"""Values in a page: as data that a browser can hold, never as markup."""

from __future__ import annotations

import hashlib
import json
import math
from typing import Any

_SAFE_INTEGERS = range(-(2**53) + 1, 2**53)


def embedded(data: Any) -> str:
    """JSON that can stand in a script element: ASCII, and no character that could end it or begin another."""
    text = json.dumps(browser_value(data), ensure_ascii=True, separators=(",", ":"), allow_nan=False)
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def browser_value(value: Any) -> Any:
    """A value as a browser can hold it: bytes by their length, numbers beyond its range as text."""
    if isinstance(value, dict):
        return {key: browser_value(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [browser_value(item) for item in value]
    if isinstance(value, bytes):
        size = "1 byte" if len(value) == 1 else f"{len(value):,} bytes"
        return f"({size}, sha256 {hashlib.sha256(value).hexdigest()[:12]})"
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if isinstance(value, int) and value not in _SAFE_INTEGERS:
        return str(value)
    return value
