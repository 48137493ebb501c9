"""``script``: which script a text is written in."""

from __future__ import annotations

from collections import Counter

import regex

from genops.drift.descriptor import descriptor

_SCRIPTS = """
    Latin Cyrillic Greek Han Hiragana Katakana Hangul Arabic Hebrew Devanagari Bengali Gurmukhi Gujarati Oriya Tamil
    Telugu Kannada Malayalam Sinhala Thai Lao Tibetan Myanmar Georgian Armenian Ethiopic Khmer Mongolian
"""
_RUN = regex.compile("|".join(rf"(?P<{name}>\p{{Script={name}}}+)" for name in _SCRIPTS.split()) + r"|(?P<other>\p{L})")
_JAPANESE = ("Hiragana", "Katakana")
_READ = 100_000


@descriptor("script", of="category", unit="script")
def script(text: str) -> str | None:
    """The script of most letters, by Unicode (UAX 24); Han with kana is Japanese. From the first 100,000 characters.

    It does not apply to a text without letters.
    """
    if text.isascii():
        return "Latin" if regex.search("[a-zA-Z]", text) else None
    counts: Counter[str] = Counter()
    for run in _RUN.finditer(text, endpos=_READ):
        counts[run.lastgroup or "other"] += run.end() - run.start()
    kana = sum(counts.pop(name, 0) for name in _JAPANESE)
    if kana:
        counts["Japanese"] = kana + counts.pop("Han", 0)
    return max(counts, key=lambda name: (counts[name], name)) if counts else None
