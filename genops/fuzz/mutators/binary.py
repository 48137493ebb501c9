"""``binary``: the text's bytes in binary."""

from __future__ import annotations

from genops.fuzz.mutator import mutator


@mutator("binary", family="encoding")
def binary(text: str, separator: str = " ") -> str:
    """The text's UTF-8 as zeros and ones, eight a byte; lone surrogates are let through.

    Args:
        text: Any.
        separator: Stands between two bytes.
    """
    return separator.join(f"{byte:08b}" for byte in text.encode("utf-8", "surrogatepass"))
