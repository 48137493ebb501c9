"""``keyboard``: the key beside the right one."""

from __future__ import annotations

import re
from random import Random
from typing import Literal

from genops.disguise.alphabets import KEYBOARDS
from genops.fuzz.mutator import mutator

_INSIDE = re.compile(r"(?<=[^\W\d_])[A-Za-z](?=[^\W\d_])")


@mutator("keyboard", family="typing", keeps_meaning=True)
def keyboard(
    text: str, rng: Random, share: float = 0.05, layout: Literal["qwerty", "qwertz", "azerty"] = "qwerty"
) -> str:
    """The text with letters of the key beside theirs, inside words only.

    Args:
        text: Any.
        rng: Chooses where, and which key.
        share: Of the letters from a to z that are neither a word's first nor its last.
        layout: Of the keyboard.
    """
    keys = KEYBOARDS[layout]

    def missed(match: re.Match[str]) -> str:
        letter = match[0]
        if rng.random() >= share:
            return letter
        beside = rng.choice(keys[letter.lower()])
        return beside if letter.islower() else beside.upper()

    return _INSIDE.sub(missed, text)
