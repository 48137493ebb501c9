"""``html_entities``: character references of HTML."""

from __future__ import annotations

from typing import Literal

from genops.fuzz.mutator import mutator


@mutator("html_entities", family="encoding")
def html_entities(text: str, base: Literal["decimal", "hexadecimal"] = "decimal") -> str:
    """Each character of the text as a numeric character reference of HTML.

    Args:
        text: Any.
        base: Of the number.
    """
    spec = "d" if base == "decimal" else "x"
    mark = "" if base == "decimal" else "x"
    return "".join(f"&#{mark}{ord(char):{spec}};" for char in text)
