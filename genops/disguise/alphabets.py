"""What stands for a letter: in Morse code, on the keyboard, in leet, and to the eye."""

from __future__ import annotations

from collections.abc import Sequence
from types import MappingProxyType

MORSE = MappingProxyType(
    {
        **dict(zip("ABCDEF", (".-", "-...", "-.-.", "-..", ".", "..-."), strict=True)),
        **dict(zip("GHIJKL", ("--.", "....", "..", ".---", "-.-", ".-.."), strict=True)),
        **dict(zip("MNOPQR", ("--", "-.", "---", ".--.", "--.-", ".-."), strict=True)),
        **dict(zip("STUVWX", ("...", "-", "..-", "...-", ".--", "-..-"), strict=True)),
        **dict(zip("YZ", ("-.--", "--.."), strict=True)),
        **dict(zip("01234", ("-----", ".----", "..---", "...--", "....-"), strict=True)),
        **dict(zip("56789", (".....", "-....", "--...", "---..", "----."), strict=True)),
        **dict(zip(".,?'!/", (".-.-.-", "--..--", "..--..", ".----.", "-.-.--", "-..-."), strict=True)),
        **dict(zip("():;=+", ("-.--.", "-.--.-", "---...", "-.-.-.", "-...-", ".-.-."), strict=True)),
        **dict(zip('-_"$@&', ("-....-", "..--.-", ".-..-.", "...-..-", ".--.-.", ".-..."), strict=True)),
    }
)
"""Signs of international Morse code (ITU-R M.1677-1, and the usual ones for ``! ; _ $ &``) by upper-case character."""

LEET = MappingProxyType({"a": "4", "b": "8", "e": "3", "g": "9", "i": "1", "l": "1", "o": "0", "s": "5", "t": "7"})
"""Digits by the lower-case letter that they stand for."""

HOMOGLYPHS = MappingProxyType(
    {
        "a": "\u0430\u0251",
        "c": "\u0441",
        "d": "\u0501",
        "e": "\u0435",
        "g": "\u0261",
        "h": "\u04bb",
        "i": "\u0456",
        "j": "\u0458\u03f3",
        "l": "\u04cf",
        "n": "\u0578",
        "o": "\u043e\u03bf\u0585",
        "p": "\u0440\u03c1",
        "q": "\u051b",
        "s": "\u0455",
        "u": "\u03c5\u057d",
        "v": "\u03bd\u0475",
        "w": "\u051d",
        "x": "\u0445",
        "y": "\u0443\u04af",
        "z": "\u1d22",
        "A": "\u0410\u0391",
        "B": "\u0412\u0392",
        "C": "\u0421",
        "D": "\u13a0",
        "E": "\u0415\u0395",
        "F": "\u03dc",
        "G": "\u050c",
        "H": "\u041d\u0397",
        "I": "\u0406\u0399",
        "J": "\u0408",
        "K": "\u041a\u039a",
        "L": "\u13de",
        "M": "\u041c\u039c",
        "N": "\u039d",
        "O": "\u041e\u039f",
        "P": "\u0420\u03a1",
        "Q": "\u051a",
        "R": "\u13a1",
        "S": "\u0405",
        "T": "\u0422\u03a4",
        "U": "\u054d",
        "V": "\u0474\u13d9",
        "W": "\u051c",
        "X": "\u0425\u03a7",
        "Y": "\u04ae\u03a5",
        "Z": "\u0396",
    }
)
"""Letters of other scripts (Cyrillic, Greek, Armenian, Cherokee, phonetic) by the Latin one that they look like.

No letter stands for two, and no normal form turns one into the letter that it looks like.
"""


def _neighbours(rows: Sequence[str]) -> dict[str, str]:
    """The keys that touch each key: every row stands half a key to the right of the one above it."""
    keys = {(row, place): key for row, line in enumerate(rows) for place, key in enumerate(line)}
    around = ((0, -1), (0, 1), (-1, 0), (-1, 1), (1, -1), (1, 0))
    return {
        key: "".join(keys.get((row + down, place + right), "") for down, right in around)
        for (row, place), key in keys.items()
    }


KEYBOARDS = MappingProxyType(
    {
        "qwerty": _neighbours(("qwertyuiop", "asdfghjkl", "zxcvbnm")),
        "qwertz": _neighbours(("qwertzuiop", "asdfghjkl", "yxcvbnm")),
        "azerty": _neighbours(("azertyuiop", "qsdfghjklm", "wxcvbn")),
    }
)
"""By layout and lower-case letter: the letters on the keys that touch its own."""
