"""Text that every encoding can hold."""

from __future__ import annotations


def well_formed(text: str) -> str:
    """The text with halves of surrogate pairs joined; a lone one, as a cut-off emoji leaves it, becomes U+FFFD."""
    return text if text.isascii() else text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
