"""``punctuation``: marks left out or doubled."""

from __future__ import annotations

import re
from random import Random
from typing import Literal

from genops.fuzz.mutator import mutator

_MARK = re.compile(r"[.,;:!?](?!\S)")


@mutator("punctuation", family="typing", keeps_meaning=True)
def punctuation(text: str, rng: Random, share: float = 0.5, kind: Literal["any", "drop", "double"] = "any") -> str:
    """The text without some of the marks that end its words and sentences, or with them doubled.

    Args:
        text: Any; marks inside numbers, names and code stay.
        rng: Chooses which, and what befalls them.
        share: Of those marks.
        kind: What befalls one.
    """

    def changed(match: re.Match[str]) -> str:
        if rng.random() >= share:
            return match[0]
        what = rng.choice(("drop", "double")) if kind == "any" else kind
        return "" if what == "drop" else match[0] * 2

    return _MARK.sub(changed, text)
