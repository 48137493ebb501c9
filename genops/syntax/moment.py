"""Moments as people write them."""

from __future__ import annotations

import re
import time
from datetime import datetime

from genops.errors import UsageError

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}
_FARTHEST = 2**63 - 1


def moment(text: str, what: str) -> int:
    """Nanoseconds since the epoch: ``7d`` ago, or an ISO 8601 date or time (local time when it names no zone).

    What lies beyond 1677 or 2262, as 64 bits count nanoseconds, is that year.

    Args:
        text: ``30s``, ``15m``, ``12h``, ``7d``, ``2w``, ``2026-11-03``, ``2026-11-03T08:00Z``.
        what: The option or key that it was given by, for the message.

    Raises:
        UsageError: It is neither.
    """
    ago = re.fullmatch(r"(\d{1,9})([smhdw])", text)
    if ago:
        return _counted(time.time_ns() - int(ago[1]) * _UNITS[ago[2]] * 1_000_000_000)
    try:
        return _counted(int(datetime.fromisoformat(text).astimezone().timestamp()) * 1_000_000_000)
    except (ValueError, OverflowError, OSError):
        raise UsageError(
            f"{what} {text!r} is not a moment",
            hint="write 30m, 12h, 7d or 2w ago, or 2026-11-03 or 2026-11-03T08:00Z",
        ) from None


def _counted(nanoseconds: int) -> int:
    return max(-_FARTHEST, min(nanoseconds, _FARTHEST))
