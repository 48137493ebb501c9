"""``zero_width``: characters that nobody sees between those that everybody does."""

from __future__ import annotations

from random import Random

from genops.fuzz.mutator import mutator

_INVISIBLE = "\u200b\u200c\u200d\u2060\ufeff"


@mutator("zero_width", family="unicode", keeps_meaning=True)
def zero_width(text: str, rng: Random, share: float = 0.3) -> str:
    """The text with invisible characters after some of its own, which hide words from filters that search for them.

    Args:
        text: Any.
        rng: Chooses where, and which.
        share: Of the characters that one follows.
    """
    return "".join(char + (rng.choice(_INVISIBLE) if rng.random() < share else "") for char in text)
