"""``base32``: the text as base32."""

from __future__ import annotations

from base64 import b32encode

from genops.fuzz.mutator import mutator


@mutator("base32", family="encoding")
def base32(text: str) -> str:
    """The base32 of the text's UTF-8, as RFC 4648 has it; lone surrogates are let through.

    Args:
        text: Any.
    """
    return b32encode(text.encode("utf-8", "surrogatepass")).decode("ascii")
