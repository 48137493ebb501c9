"""What a word of a text is, in any script."""

from __future__ import annotations

import regex

UNSPACED = r"\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}"
"""Scripts that put no space between words, for a class of characters of ``regex``."""
WORD = rf"[{UNSPACED}]|[\w--[{UNSPACED}]]+(?:['’.\-][\w--[{UNSPACED}]]+)*"
"""One, as a pattern of ``regex`` in its version 1."""
_WORD = regex.compile(f"(?V1){WORD}")


def words_of(text: str) -> list[str]:
    """Runs of letters, marks and digits, case folded; in scripts without spaces, single characters.

    Args:
        text: Any.
    """
    return _WORD.findall(text.casefold())  # type: ignore[no-any-return]
