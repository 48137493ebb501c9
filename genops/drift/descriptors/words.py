"""``words``: how many words a text has."""

from __future__ import annotations

from genops.drift.descriptor import descriptor
from genops.drift.words import words_of


@descriptor("words", of="number", unit="words")
def words(text: str) -> float:
    """Length in words; in scripts without spaces, in characters."""
    return float(len(words_of(text)))
