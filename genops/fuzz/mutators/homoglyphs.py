"""``homoglyphs``: letters of other scripts that look the same."""

from __future__ import annotations

from random import Random

from genops.disguise.alphabets import HOMOGLYPHS
from genops.fuzz.mutator import mutator


@mutator("homoglyphs", family="unicode", keeps_meaning=True)
def homoglyphs(text: str, rng: Random, share: float = 0.3) -> str:
    """The text with some Latin letters as those of other scripts that look the same, which no normal form undoes.

    Args:
        text: Any.
        rng: Chooses which, and by what.
        share: Of the letters that have such a double.
    """
    return "".join(
        rng.choice(HOMOGLYPHS[char]) if char in HOMOGLYPHS and rng.random() < share else char for char in text
    )
