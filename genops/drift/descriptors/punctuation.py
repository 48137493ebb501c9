"""``punctuation``: how much of a text is punctuation."""

from __future__ import annotations

import regex

from genops.drift.descriptor import descriptor

_MARK = regex.compile(r"\p{P}")


@descriptor("punctuation", of="number", unit="share of characters")
def punctuation(text: str) -> float | None:
    """Share of the characters that are punctuation (Unicode's category P), white space apart.

    It does not apply to a text of white space alone.
    """
    characters = sum(map(len, text.split()))
    return len(_MARK.findall(text)) / characters if characters else None
