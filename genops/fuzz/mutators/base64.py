"""``base64``: the text as base64."""

from __future__ import annotations

from base64 import b64encode

from genops.fuzz.mutator import mutator


@mutator("base64", family="encoding")
def base64(text: str) -> str:
    """The base64 of the text's UTF-8, as RFC 4648 has it; lone surrogates are let through.

    Args:
        text: Any.
    """
    return b64encode(text.encode("utf-8", "surrogatepass")).decode("ascii")
