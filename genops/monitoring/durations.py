"""Durations as people write them: ``90s``, ``15m``, ``24h``, ``7d``, ``2w``."""

from __future__ import annotations

import re
from typing import Annotated, Any

from pydantic import BeforeValidator, Field

_UNITS = {"s": 1.0, "m": 60.0, "h": 3_600.0, "d": 86_400.0, "w": 604_800.0}
_WRITTEN = re.compile(r"(\d+(?:\.\d+)?)\s*([smhdw])")


def seconds_of(written: Any) -> Any:
    """Seconds of a duration; what is a number is one already.

    Raises:
        ValueError: It is neither.
    """
    if not isinstance(written, str):
        return written
    found = _WRITTEN.fullmatch(written.strip())
    if found is None:
        raise ValueError(f"{written!r} is no duration: write 90s, 15m, 24h, 7d or 2w")
    return float(found[1]) * _UNITS[found[2]]


Duration = Annotated[float, Field(gt=0), BeforeValidator(seconds_of)]
"""Seconds, above 0."""
