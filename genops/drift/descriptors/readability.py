"""``readability``: how hard a text is to read."""

from __future__ import annotations

import regex

from genops.drift.descriptor import descriptor
from genops.drift.words import UNSPACED, words_of

_UNSPACED = regex.compile(f"[{UNSPACED}]")
_SENTENCE_ENDS = regex.compile(r"[.!?:;…]+(?:\s|$)|\n\s*\n")
_LEAST_WORDS, _LONG = 3, 6


@descriptor("readability", of="number", unit="points of LIX")
def readability(text: str) -> float | None:
    """LIX: words a sentence, plus the percentage of words of more than six letters. 30 is easy, 60 is hard.

    C. H. Björnsson, Läsbarhet (1968): a sentence ends at a full stop, colon or the like. It needs no syllables, so that
    one measure serves all languages that put spaces between words: J. Anderson, Lix and Rix, Journal of Reading 26
    (1983). It does not apply to texts of fewer than three words nor to scripts without spaces.
    """
    words = words_of(text)
    if len(words) < _LEAST_WORDS or _UNSPACED.search(text):
        return None
    sentences = sum(1 for part in _SENTENCE_ENDS.split(text) if any(map(str.isalnum, part)))
    return len(words) / max(1, sentences) + 100 * sum(len(word) > _LONG for word in words) / len(words)
