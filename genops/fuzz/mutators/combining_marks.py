"""``combining_marks``: accents and strokes heaped on letters."""

from __future__ import annotations

from random import Random

from genops.fuzz.mutator import mutator

_MARKS = "".join(map(chr, range(0x300, 0x334)))


@mutator("combining_marks", family="unicode", keeps_meaning=True)
def combining_marks(text: str, rng: Random, share: float = 0.3, most: int = 2) -> str:
    """The text with combining marks above and below its letters and digits, as "zalgo" text has them.

    Args:
        text: Any.
        rng: Chooses where, which and how many.
        share: Of the letters and digits that get some.
        most: How many one gets at most.
    """
    return "".join(
        char + "".join(rng.choices(_MARKS, k=1 + int(rng.random() * most)))
        if char.isalnum() and rng.random() < share
        else char
        for char in text
    )
