"""Attacks and outcomes as people read them."""

from __future__ import annotations

import re
import unicodedata

from genops.tracing.readable import cut

LONGEST = 160
OUTCOMES = {
    "breach": "breach",
    "safe": "safe",
    "crashed": "crashed",
    "unscored": "unscored",
    "infrastructure": "infrastructure failed",
}
VERDICTS = {
    "bad": "bad: attacks got there",
    "unfinished": "unfinished: tries are missing",
    "undecided": "undecided: too little is known",
    "good": "no breach was found",
}

_UNSEEN = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0]|[\U000e0100-\U000e01ef]"
)
"""Letters and marks that are printable by Unicode and show nothing."""
_SHORT = {"\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t"}


def attack_text(text: str, limit: int = LONGEST) -> str:
    r"""An attack as it can be shown: on one line, everything that is unseen or acts spelled as Python spells it.

    Control, zero-width, direction and tag characters, lone surrogates, spaces other than the common one and letters
    without a shape become ``\x1b``, ``\u200b``, ``\U000e0041``; a backslash is doubled, so that nothing is ambiguous.

    Args:
        text: Any.
        limit: Characters of it that are shown.
    """
    shown = cut(text, limit) if len(text) > limit else text
    return "".join(map(_spelled, shown))


def bare(mutator: str) -> str:
    """The mutators of a row; words where there is none."""
    return mutator or "(as written)"


def _spelled(character: str) -> str:
    if character in _SHORT:
        return _SHORT[character]
    stacked = unicodedata.combining(character) != 0  # marks heaped on a letter cover the lines around it
    if character.isprintable() and not stacked and not _UNSEEN.match(character):
        return character
    code = ord(character)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
