"""``url``: percent-encoding."""

from __future__ import annotations

from urllib.parse import quote

from genops.fuzz.mutator import mutator


@mutator("url", family="encoding")
def url(text: str, every: bool = True) -> str:
    """The text percent-encoded as in a URL (RFC 3986); lone surrogates are let through.

    Args:
        text: Any.
        every: Encodes every byte; else letters, digits and ``_.-~`` stay.
    """
    if not every:
        return quote(text, safe="", errors="surrogatepass")
    return "".join(f"%{byte:02X}" for byte in text.encode("utf-8", "surrogatepass"))
