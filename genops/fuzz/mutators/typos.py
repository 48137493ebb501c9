"""``typos``: slips of the fingers."""

from __future__ import annotations

import re
from random import Random
from typing import Literal

from genops.fuzz.mutator import mutator

_WORD = re.compile(r"[^\W\d_]{4,}")


@mutator("typos", family="typing", keeps_meaning=True)
def typos(text: str, rng: Random, share: float = 0.3, kind: Literal["any", "swap", "drop", "double"] = "any") -> str:
    """The text with two letters swapped, one dropped or one doubled in some words, never the first, never a digit.

    Args:
        text: Any.
        rng: Chooses where, and what.
        share: Of the words of four letters and more that get one.
        kind: What befalls a word.
    """

    def mistyped(match: re.Match[str]) -> str:
        word = match[0]
        if rng.random() >= share:
            return word
        at = rng.randrange(1, len(word) - 1)
        slip = rng.choice(("swap", "drop", "double")) if kind == "any" else kind
        if slip == "swap":
            return word[:at] + word[at + 1] + word[at] + word[at + 2 :]
        return word[:at] + word[at + 1 :] if slip == "drop" else word[: at + 1] + word[at:]

    return _WORD.sub(mistyped, text)
