"""``readability``: how hard a text is to read."""

from __future__ import annotations

import regex

from genops.drift.descriptor import descriptor
from genops.drift.words import UNSPACED

_UNSPACED = regex.compile(f"[{UNSPACED}]")
_LEAST_WORDS = 3


@descriptor("readability", of="number", unit="points of LIX")
def readability(text: str) -> float | None:
    """LIX: words a sentence, plus the percentage of words of more than six letters. 30 is easy, 60 is hard.

    C. H. Björnsson, Läsbarhet (1968), as textstat counts it. It needs no syllables, so that one measure serves all
    languages that put spaces between words: J. Anderson, Lix and Rix, Journal of Reading 26 (1983). It does not apply
    to texts of fewer than three words nor to scripts without spaces.
    """
    if len(text.split(maxsplit=_LEAST_WORDS)) < _LEAST_WORDS or _UNSPACED.search(text):
        return None
    import textstat

    return float(textstat.lix(text))
