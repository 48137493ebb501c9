"""Moments as the command line names them."""

from __future__ import annotations

import re
import time
from datetime import datetime, timedelta

from genops.errors import UsageError

_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


def moment(text: str, option: str) -> int:
    """Nanoseconds since the epoch: ``7d`` ago, or an ISO 8601 date or time (local time when it names no zone).

    Args:
        text: ``30s``, ``15m``, ``12h``, ``7d``, ``2w``, ``2026-11-03``, ``2026-11-03T08:00Z``.
        option: By which it was given, for the message.

    Raises:
        UsageError: It is neither.
    """
    ago = re.fullmatch(r"(\d{1,9})([smhdw])", text)
    if ago:
        return time.time_ns() - int(timedelta(**{_UNITS[ago[2]]: int(ago[1])}).total_seconds()) * 1_000_000_000
    try:
        return int(datetime.fromisoformat(text).astimezone().timestamp()) * 1_000_000_000
    except (ValueError, OverflowError, OSError):
        raise UsageError(
            f"{option} {text!r} is not a moment",
            hint="write 30m, 12h, 7d or 2w ago, or 2026-11-03 or 2026-11-03T08:00Z",
        ) from None


def shown(nanoseconds: int | None) -> str:
    """A moment in local time; ``-`` for none."""
    if nanoseconds is None:
        return "-"
    return f"{datetime.fromtimestamp(nanoseconds / 1e9).astimezone():%Y-%m-%d %H:%M:%S}"
