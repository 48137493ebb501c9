"""Moments as people read them."""

from __future__ import annotations

from datetime import datetime


def shown_moment(nanoseconds: int | None) -> str:
    """A moment in local time; ``-`` for none."""
    if nanoseconds is None:
        return "-"
    return f"{datetime.fromtimestamp(nanoseconds / 1e9).astimezone():%Y-%m-%d %H:%M:%S}"
