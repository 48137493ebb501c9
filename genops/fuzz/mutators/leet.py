"""``leet``: digits for letters."""

from __future__ import annotations

from random import Random

from genops.disguise.alphabets import LEET
from genops.fuzz.mutator import mutator


@mutator("leet", family="encoding")
def leet(text: str, rng: Random, share: float = 1.0) -> str:
    """The text with digits for the letters that they look like, as "leetspeak" has it.

    Args:
        text: Any.
        rng: Chooses which.
        share: Of the letters that a digit can stand for.
    """
    return "".join(LEET.get(char.lower(), char) if rng.random() < share else char for char in text)
