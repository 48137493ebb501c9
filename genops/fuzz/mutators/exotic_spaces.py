"""``exotic_spaces``: spaces that are none of ASCII's."""

from __future__ import annotations

from random import Random

from genops.fuzz.mutator import mutator

_SPACES = "\u00a0\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000"


@mutator("exotic_spaces", family="layout", keeps_meaning=True)
def exotic_spaces(text: str, rng: Random, share: float = 1.0) -> str:
    """The text with the spaces of Unicode for those of ASCII, which hide phrases from filters that search for them.

    Args:
        text: Any.
        rng: Chooses where, and which.
        share: Of the spaces.
    """
    return "".join(rng.choice(_SPACES) if char == " " and rng.random() < share else char for char in text)
