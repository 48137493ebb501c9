"""``letter_spacing``: something between all letters."""

from __future__ import annotations

from genops.fuzz.mutator import mutator


@mutator("letter_spacing", family="layout")
def letter_spacing(text: str, separator: str = "\n") -> str:
    """The text with a line break between any two characters, or something else.

    Args:
        text: Any.
        separator: What stands there.
    """
    return separator.join(text)
