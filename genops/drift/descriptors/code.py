"""``code``: how much of a text is code."""

from __future__ import annotations

import re

from genops.drift.descriptor import descriptor

_FENCED = re.compile(r"^[ \t]*(?P<fence>```+|~~~+).*?(?:^[ \t]*(?P=fence)[ \t]*$|\Z)", re.MULTILINE | re.DOTALL)
_INLINE = re.compile(r"(?<!`)`[^`\n]+`(?!`)")
_LINE = re.compile(
    "|".join(
        (
            r"[^\n]*[=(){}\[\]>\"'][^\n]*;",  # a statement
            r"[^\n]*[{}]",  # a block
            r"(?:def|class|async def)[ \t]+\w+[^\n]*:",
            r"(?:if|elif|while|with)\b[^\n]*[=<>()\[\]!][^\n]*:",
            r"for[ \t]+\w+(?:,[ \t]*\w+)*[ \t]+in\b[^\n]*:",
            r"(?:else|try|finally):|except\b[^\n]*:",
            r"import[ \t]+[\w.]+|from[ \t]+[\w.]+[ \t]+import\b[^\n]*|#include\b[^\n]*",
            r"return[ \t]+[\w.]+(?:\([^\n]*\))?",
            r"[\w.\[\]]+[ \t]*[-+*/]?=[^\n=][^\n]*|[\w.]+\([^\n]*\)",  # an assignment, a call
            r"(?:SELECT|INSERT INTO|DELETE FROM|CREATE TABLE)\b[^\n]*|UPDATE[ \t]+\S+[ \t]+SET\b[^\n]*",
            r"\$[ \t]+[a-z][^\n]*|</?\w+[^\n]*>",
        )
    )
)
_LONGEST_LINE = 1_000


@descriptor("code", of="number", unit="share of characters")
def code(text: str) -> float | None:
    """Share of the characters that are code, white space apart: what Markdown marks so, and lines that look like it.

    That a line looks like code is told by rules of thumb for the common languages; prose that ends in a semicolon is
    taken for it. It does not apply to a text of white space alone.
    """
    whole = _solid(text)
    if not whole:
        return None
    found = 0
    for pattern in (_FENCED, _INLINE):
        found += sum(_solid(part[0]) for part in pattern.finditer(text))
        text = pattern.sub("", text)
    lines = (line.strip() for line in text.splitlines() if len(line) <= _LONGEST_LINE)
    found += sum(_solid(line) for line in lines if _LINE.fullmatch(line))
    return found / whole


def _solid(text: str) -> int:
    return sum(map(len, text.split()))
