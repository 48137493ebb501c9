"""``unicode_tags``: ASCII in characters that are not shown at all."""

from __future__ import annotations

from genops.fuzz.mutator import mutator

_TAGS = {code: 0xE0000 + code for code in range(0x20, 0x7F)}


@mutator("unicode_tags", family="unicode")
def unicode_tags(text: str, cover: str = "") -> str:
    """The text's ASCII as Unicode tag characters, which models read and people do not see.

    Args:
        text: Any; what is not printable ASCII stays.
        cover: What people see before it.
    """
    return cover + text.translate(_TAGS)
