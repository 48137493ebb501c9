"""``hex``: the text's bytes in hexadecimal."""

from __future__ import annotations

from genops.fuzz.mutator import mutator


@mutator("hex", family="encoding")
def hex(text: str, separator: str = "") -> str:
    """The text's UTF-8 as hexadecimal digits, two a byte; lone surrogates are let through.

    Args:
        text: Any.
        separator: Stands between two bytes.
    """
    return separator.join(f"{byte:02x}" for byte in text.encode("utf-8", "surrogatepass"))
