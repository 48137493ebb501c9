"""JSON whose whole numbers keep every digit."""

from __future__ import annotations

import json
import re
from typing import Any

import orjson

_LONG = re.compile(r"\d{19}")


def exact_json(data: str | bytes) -> Any:
    """What JSON says. orjson makes fractions of whole numbers beyond 64 bits, of which 16 digits are left.

    Raises:
        orjson.JSONDecodeError: It is none.
    """
    if _LONG.search(data if isinstance(data, str) else data.decode("utf-8", "replace")):
        try:
            return json.loads(data, parse_constant=refuse_constant)
        except (ValueError, RecursionError):
            pass  # orjson says what is wrong with it
    return orjson.loads(data)


def refuse_constant(constant: str) -> None:
    """To be called for ``NaN`` and ``Infinity``, which Python takes for JSON.

    Raises:
        ValueError: Always.
    """
    raise ValueError(f"{constant} is no number")
