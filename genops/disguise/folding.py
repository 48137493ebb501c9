"""Text as eyes read it: without case, spaces, punctuation, marks and invisible characters, look-alikes made one."""

from __future__ import annotations

import unicodedata
from typing import TypeAlias

from genops.disguise.alphabets import HOMOGLYPHS

_Table: TypeAlias = dict[int, int | str | None]

_MORE_LOOKALIKES = str.maketrans(
    "јԛԝԁցոӏβεκτχγϲıɡɩłøđŁØĐ" + "ᴀʙᴄᴅᴇꜰɢʜɪᴊᴋʟᴍɴᴏᴘʀꜱᴛᴜᴠᴡʏ",
    "jqwdgnlbektxycigilodLOD" + "abcdefghijklmnoprstuvwy",
)
_SQUARED = {first + offset: chr(ord("A") + offset) for first in (0x1F150, 0x1F170, 0x1F1E6) for offset in range(26)}
_TAGS = {0xE0000 + code: chr(code) for code in range(0x20, 0x7F)}
_ALIKE: _Table = {
    **_MORE_LOOKALIKES,
    **{ord(double): letter for letter, doubles in HOMOGLYPHS.items() for double in doubles},
    **_SQUARED,
    **_TAGS,
}
LEET_SIGNS = "@!|$+"
LEET: _Table = {**str.maketrans("4@8369" + "1!|l" + "05$7+2", "aabegg" + "iiii" + "osstt" + "z")}
"""Digits and signs as the letters that they stand for; ``l`` and ``i`` are one."""


def _dropped(kept: str) -> _Table:
    return dict.fromkeys(code for code in range(128) if not chr(code).isalnum() and chr(code) not in kept)


_DROPPED = {kept: _dropped(kept) for kept in ("", LEET_SIGNS)}


def fold(text: str, kept: str = "") -> str:
    """The letters and digits of a text, alike where they look alike.

    Unicode's compatibility forms (NFKD) without combining marks, in lower case; Cyrillic, Greek and other letters,
    small capitals, squared letters and tag characters as the Latin ones that they look like.

    Args:
        text: Any.
        kept: Other characters that stay: none, or the signs of leet.
    """
    if text.isascii():
        return text.lower().translate(_DROPPED[kept])
    alike = unicodedata.normalize("NFKD", text.translate(_ALIKE)).translate(_ALIKE).casefold()
    return "".join(char for char in alike if char.isalnum() or char in kept)
