"""``reversal``: the text backwards."""

from __future__ import annotations

import re
from typing import Literal

from genops.fuzz.mutator import mutator


@mutator("reversal", family="encoding")
def reversal(text: str, unit: Literal["text", "each_word", "words"] = "text") -> str:
    """The text backwards.

    Args:
        text: Any.
        unit: What is turned: the whole text, the letters of each word, or the order of the words.
    """
    if unit == "text":
        return text[::-1]
    if unit == "words":
        return "".join(reversed(re.split(r"(\s+)", text)))
    return re.sub(r"\S+", lambda word: word[0][::-1], text)
