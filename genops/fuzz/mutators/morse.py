"""``morse``: dots and dashes."""

from __future__ import annotations

from genops.disguise.alphabets import MORSE
from genops.fuzz.mutator import mutator


@mutator("morse", family="encoding")
def morse(text: str) -> str:
    """The text in international Morse code: a space between letters, a slash between words.

    Args:
        text: Any; what has no sign stays.
    """
    return " / ".join(" ".join(MORSE.get(char, char) for char in word.upper()) for word in text.split())
