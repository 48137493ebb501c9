"""What a text says in other codes: base64, base32, Ascii85, hex, binary, Morse, URL, HTML, escapes, rot13, reversed.

Codes are searched for anywhere within the text and inside of each other, two deep, in time that grows with its length.
Most characters that could be a code are none and give bytes of no text, of which only what could be read is kept.
"""

from __future__ import annotations

import base64
import binascii
import codecs
import html
import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from urllib.parse import unquote

from genops.disguise.alphabets import MORSE

DEPTH = 2

_BASE64 = re.compile(r"[A-Za-z0-9+/_-]{10,}(?:\r?\n[A-Za-z0-9+/_-]{4,})*")
_BASE32 = re.compile(r"[A-Z2-7]{10,}|(?<![a-z2-7])(?=[a-z]{0,64}[2-7])[a-z2-7]{10,}")
_ASCII85 = re.compile(r"[!-uz]{15,}")
_HEX = re.compile(r"(?:(?:0x|\\x)?[0-9A-Fa-f]{2}[\s:,;-]{0,2}){6,}")
_HEX_PREFIX = re.compile(r"0x|\\x|[\s:,;-]+")
_BITS = re.compile(r"(?:[01][\s,]{0,2}){40,}")
_MORSE = re.compile(r"(?:[.·•\-–—−_]{1,7}[ /|\n]{1,4}){5,}[.·•\-–—−_]{1,7}")
_ESCAPE = re.compile(r"\\(?:x([0-9A-Fa-f]{2})|u([0-9A-Fa-f]{4}))")
_READABLE = re.compile(rb"(?:[\t\n\r\x20-\x7e\0]|[\xc2-\xf4][\x80-\xbf]{1,3}){4,}")
_DOTS = str.maketrans("·•–—−_", "..----")
_MORSE_CHARACTERS = {sign: char for char, sign in MORSE.items()}


@dataclass(frozen=True, slots=True)
class Reading:
    """A text, or what it says in other codes.

    Attributes:
        text: That it says.
        codes: Names of the codes, the outermost first; empty for the text itself.
    """

    text: str
    codes: tuple[str, ...] = ()


def readings(text: str) -> Iterator[Reading]:
    """The text, then what it says in one code, then in two, each reading once."""
    seen = {text}
    layer = [Reading(text)]
    for depth in range(DEPTH + 1):
        yield from layer
        inner: list[Reading] = []
        for reading in layer if depth < DEPTH else ():
            for code, decode in _CODES.items():
                said = decode(reading.text)
                if said and said not in seen:
                    seen.add(said)
                    inner.append(Reading(said, (*reading.codes, code)))
        layer = inner


def _base64(text: str) -> str:
    return "\n".join(said for run in _BASE64.findall(text) for offset in range(4) if (said := _of_base64(run, offset)))


def _of_base64(run: str, offset: int) -> str:
    digits = "".join(run.split()).replace("-", "+").replace("_", "/")[offset:]
    whole = digits[: len(digits) - (len(digits) % 4 == 1)]
    return _text(base64.b64decode(whole + "=" * (-len(whole) % 4)))


def _base32(text: str) -> str:
    said = []
    for run in _BASE32.findall(text):
        for offset in range(8):
            digits = run[offset:]
            if len(digits) % 8 in (1, 3, 6):
                digits = digits[:-1]
            with suppress(binascii.Error):
                said.append(_text(base64.b32decode(digits + "=" * (-len(digits) % 8), casefold=True)))
    return "\n".join(filter(None, said))


def _ascii85(text: str) -> str:
    said = []
    for run in _ASCII85.findall(text):
        for offset in range(5):
            with suppress(ValueError):
                said.append(_text(base64.a85decode(run[offset:])))
    return "\n".join(filter(None, said))


def _hex(text: str) -> str:
    said = []
    for run in _HEX.findall(text):
        digits = _HEX_PREFIX.sub("", run)
        said += [_text(bytes.fromhex(digits[offset : len(digits) - (len(digits) - offset) % 2])) for offset in (0, 1)]
    return "\n".join(filter(None, said))


def _binary(text: str) -> str:
    said = []
    for run in _BITS.findall(text):
        groups = re.findall(r"[01]+", run)
        if all(7 <= len(group) <= 8 for group in groups):
            said.append(_text(bytes(int(group, 2) for group in groups)))
            continue
        bits = "".join(groups)
        bytes_at = (range(offset, len(bits) - 7, 8) for offset in range(8))
        said += [_text(bytes(int(bits[at : at + 8], 2) for at in places)) for places in bytes_at]
    return "\n".join(filter(None, said))


def _morse(text: str) -> str:
    runs = (re.split(r"[ /|\n]+", run.translate(_DOTS)) for run in _MORSE.findall(text))
    return "\n".join("".join(_MORSE_CHARACTERS.get(sign, "") for sign in run) for run in runs)


def _escapes(text: str) -> str:
    return _ESCAPE.sub(lambda found: chr(int(found[1] or found[2], 16)), text) if "\\" in text else ""


def _text(data: bytes) -> str:
    """What could be read of bytes, in UTF-8 or, of ASCII, in UTF-16: all but up to three characters between others."""
    return b"".join(_READABLE.findall(data)).decode("utf-8", "ignore").replace("\0", "")


_CODES: dict[str, Callable[[str], str]] = {
    "base64": _base64,
    "base32": _base32,
    "ascii85": _ascii85,
    "hex": _hex,
    "binary": _binary,
    "morse": _morse,
    "url": lambda text: unquote(text) if "%" in text else "",
    "html": lambda text: html.unescape(text) if "&" in text else "",
    "escapes": _escapes,
    "rot13": lambda text: codecs.encode(text, "rot13"),
    "reversed": lambda text: text[::-1],
}
