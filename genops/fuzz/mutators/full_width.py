"""``full_width``: ASCII as wide as Chinese characters."""

from __future__ import annotations

from genops.fuzz.mutator import mutator

_WIDE = {0x20: 0x3000, **{code: 0xFEE0 + code for code in range(0x21, 0x7F)}}


@mutator("full_width", family="unicode", keeps_meaning=True)
def full_width(text: str) -> str:
    """The text's ASCII as full-width characters, which NFKC turns back.

    Args:
        text: Any; what is not printable ASCII stays.
    """
    return text.translate(_WIDE)
