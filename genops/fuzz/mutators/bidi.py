"""``bidi``: words written backwards that are shown forwards."""

from __future__ import annotations

import re
from random import Random

from genops.fuzz.mutator import mutator

_ISOLATE, _OVERRIDE, _POP_OVERRIDE, _POP_ISOLATE = "\u2066", "\u202e", "\u202c", "\u2069"
# Left to right, no sign that is mirrored, no mark on the letter before it: what looks the same turned twice.
_WORD = re.compile(r"(?<!\S)[!-'*-;=?-Z\\^-z|~À-ɏΆ-҂]+(?!\S)")


@mutator("bidi", family="unicode", keeps_meaning=True)
def bidi(text: str, rng: Random, share: float = 0.5) -> str:
    """The text with words backwards between controls that have them shown from right to left, so that they look right.

    N. Boucher and R. Anderson: Trojan Source, 2021, arXiv:2111.00169. Each is an isolate, so that the order of the
    words stays.

    Args:
        text: Any.
        rng: Chooses which.
        share: Of the words.
    """

    def turned(match: re.Match[str]) -> str:
        if rng.random() >= share:
            return match[0]
        return f"{_ISOLATE}{_OVERRIDE}{match[0][::-1]}{_POP_OVERRIDE}{_POP_ISOLATE}"

    return _WORD.sub(turned, text)
