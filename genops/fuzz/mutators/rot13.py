"""``rot13``: letters thirteen places on."""

from __future__ import annotations

import codecs

from genops.fuzz.mutator import mutator


@mutator("rot13", family="encoding")
def rot13(text: str) -> str:
    """The text with each ASCII letter thirteen places on in the alphabet.

    Args:
        text: Any.
    """
    return codecs.encode(text, "rot13")
