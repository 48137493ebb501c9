"""Text that every encoding can hold."""

from __future__ import annotations


def well_formed(text: str) -> str:
    """The text with halves of surrogate pairs joined; a lone one, as a cut-off emoji leaves it, becomes U+FFFD.

    What is a subclass of ``str`` becomes one.
    """
    if text.isascii():
        return str.__str__(text)
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
