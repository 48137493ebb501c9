"""Texts of others in messages: they are shown, and neither ping anybody nor link anywhere by themselves.

What makes a chat program act is broken by a zero-width space, which changes nothing to the eye: ``@channel``,
``<!here>``, ``https://…``, ``[…](…)``, and, in what users wrote, ``example.com``. A webhook's JSON has it as it is.
"""

from __future__ import annotations

import re
import unicodedata

_BREAK = "\u200b"
_ACTING = re.compile(r"@|<(?=!)|:(?=//)|\](?=[(\[:])")
_DOMAIN = re.compile(r"(?<=[^\W_])\.(?=[^\W\d_]{2})")
_CONTROLS = {"Cc", "Cf", "Cs", "Zl", "Zp"}
_JOINERS = "\u200c\u200d"  # that some scripts and emoji need


def one_line(text: str, limit: int = 300) -> str:
    """Text without control characters, direction marks or lone surrogates, on one line, cut off at a limit."""
    cut = text[: limit * 8]
    cleaned = " ".join(
        "".join(" " if unicodedata.category(c) in _CONTROLS and c not in _JOINERS else c for c in cut).split()
    )
    return cleaned if len(cleaned) <= limit and len(cut) == len(text) else cleaned[: limit - 1].rstrip() + "…"


def unpinged(text: str) -> str:
    """Text in which nothing mentions anybody and no address or Markdown link acts."""
    return _ACTING.sub(lambda found: found[0] + _BREAK, text)


def harmless(text: str) -> str:
    """What users wrote: nothing in it acts, not even the bare name of a site."""
    return _DOMAIN.sub("." + _BREAK, unpinged(text))
