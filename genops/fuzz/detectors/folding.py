"""Text as eyes read it: without case, spaces, punctuation, marks and invisible characters, look-alikes made one."""

from __future__ import annotations

import unicodedata

_LOOKALIKES = str.maketrans(
    "АВСЕНІЈКМОРЅТУХԚԜ" + "авсеніјкморѕтухԛԝһԁցոհӏ" + "ΑΒΕΖΗΙΚΜΝΟΡΤΥΧ" + "αβεικνορτυχγϲϳ" + "ıɡɩłøđŁØĐƏ",
    "ABCEHIJKMOPSTYXQW" + "abcehijkmopstyxqwhdgnhl" + "ABEZHIKMNOPTYX" + "abeiknoptuxycj" + "igilodLODE",
)
_SMALL_CAPITALS = str.maketrans("ᴀʙᴄᴅᴇꜰɢʜɪᴊᴋʟᴍɴᴏᴘʀꜱᴛᴜᴠᴡʏᴢ", "abcdefghijklmnoprstuvwyz")
_SQUARED = {first + offset: chr(ord("A") + offset) for first in (0x1F150, 0x1F170, 0x1F1E6) for offset in range(26)}
_TAGS = {0xE0000 + code: chr(code) for code in range(0x20, 0x7F)}
_ALIKE: dict[int, int | str | None] = {**_LOOKALIKES, **_SMALL_CAPITALS, **_SQUARED, **_TAGS}
_DROPPED: dict[int, int | str | None] = dict.fromkeys(code for code in range(128) if not chr(code).isalnum())
_LEET = str.maketrans("4@8369" + "1!|lL" + "05$7+2", "abbegg" + "iiiii" + "osstt" + "z")


def fold(text: str) -> str:
    """The letters and digits of a text, alike where they look alike.

    Unicode's compatibility forms (NFKD) without combining marks, in lower case; Cyrillic and Greek letters, small
    capitals, squared letters and tag characters as the Latin ones that they look like.
    """
    if text.isascii():
        return text.lower().translate(_DROPPED)
    alike = unicodedata.normalize("NFKD", text.translate(_ALIKE)).translate(_ALIKE).casefold()
    return "".join(filter(str.isalnum, alike))


def fold_leet(text: str) -> str:
    """A text folded with digits and signs read as the letters that they stand for in leet, ``l`` and ``i`` as one."""
    return fold(text.translate(_LEET)) if text.isascii() else fold(fold(text).translate(_LEET))
