"""``url_share``: how much of a text is links."""

from __future__ import annotations

from genops.drift.descriptor import descriptor
from genops.drift.descriptors.urls import URL


@descriptor("url_share", of="number", unit="share of characters")
def url_share(text: str) -> float | None:
    """Share of the characters that are web addresses, white space apart; not for a text of white space alone."""
    characters = sum(map(len, text.split()))
    return sum(len(found[0]) for found in URL.finditer(text)) / characters if characters else None
