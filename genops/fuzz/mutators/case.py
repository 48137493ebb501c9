"""``case``: capitals and small letters."""

from __future__ import annotations

from random import Random
from typing import Literal

from genops.fuzz.mutator import mutator


@mutator("case", family="layout", keeps_meaning=True)
def case(text: str, rng: Random, form: Literal["random", "upper", "lower", "title", "swap"] = "random") -> str:
    """The text in other capitals.

    Args:
        text: Any.
        rng: Chooses the case of each letter for ``random``.
        form: What becomes of the letters.
    """
    if form == "random":
        return "".join(char.upper() if rng.random() < 0.5 else char.lower() for char in text)
    return {"upper": text.upper, "lower": text.lower, "title": text.title, "swap": text.swapcase}[form]()
