"""``urls``: how many links a text has."""

from __future__ import annotations

import re

from genops.drift.descriptor import descriptor

URL = re.compile(r"\b(?:https?://|ftp://|www\.)[^\s<>\"'`)\]}]+", re.IGNORECASE)


@descriptor("urls", of="number", unit="links")
def urls(text: str) -> float:
    """Number of web addresses."""
    return float(sum(1 for _ in URL.finditer(text)))
