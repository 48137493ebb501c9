"""``accents``: accents left out, or put where there are none."""

from __future__ import annotations

from random import Random
from typing import Literal
from unicodedata import normalize

from genops.fuzz.mutator import mutator

_FIRST, _LAST = "\u0300", "\u036f"
_ACCENTS = "\u0300\u0301\u0302\u0303\u0308"


@mutator("accents", family="typing", keeps_meaning=True)
def accents(text: str, rng: Random, kind: Literal["either", "remove", "add"] = "either", share: float = 0.3) -> str:
    """The text without its accents, or with some where it has none.

    Args:
        text: Any.
        rng: Chooses which letters get one, and which.
        kind: What is done; ``either`` removes where there are some and else adds.
        share: Of the vowels that get one.
    """
    if kind != "add":
        apart = normalize("NFD", text)
        plain = "".join(char for char in apart if not _FIRST <= char <= _LAST)
        if kind == "remove" or plain != apart:
            return normalize("NFC", plain)
    return "".join(
        normalize("NFC", char + rng.choice(_ACCENTS)) if char in "aeiouAEIOU" and rng.random() < share else char
        for char in text
    )
