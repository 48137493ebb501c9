"""``white_space``: more of it."""

from __future__ import annotations

import re
from random import Random

from genops.fuzz.mutator import mutator

_GAP = re.compile(r"\s+|\A|\Z")


@mutator("white_space", family="layout", keeps_meaning=True)
def white_space(text: str, rng: Random, share: float = 0.3, of: str = " \t\n", most: int = 3) -> str:
    """The text with more white space between words, before the first and after the last.

    Args:
        text: Any.
        rng: Chooses where, which and how much.
        share: Of the gaps that get some.
        of: The characters to choose from.
        most: How many one gap gets at most.
    """
    if not of or most < 1:
        return text
    return _GAP.sub(
        lambda gap: gap[0] + ("".join(rng.choices(of, k=rng.randint(1, most))) if rng.random() < share else ""), text
    )
