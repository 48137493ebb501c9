"""``characters``: how long a text is."""

from __future__ import annotations

from genops.drift.descriptor import descriptor


@descriptor("characters", of="number", unit="characters")
def characters(text: str) -> float:
    """Length in characters (Unicode code points)."""
    return float(len(text))
