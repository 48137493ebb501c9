"""``ascii85``: the text as Ascii85."""

from __future__ import annotations

from base64 import a85encode

from genops.fuzz.mutator import mutator


@mutator("ascii85", family="encoding")
def ascii85(text: str) -> str:
    """The Ascii85 of the text's UTF-8, without a frame; lone surrogates are let through.

    Args:
        text: Any.
    """
    return a85encode(text.encode("utf-8", "surrogatepass")).decode("ascii")
