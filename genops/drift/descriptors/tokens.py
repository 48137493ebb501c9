"""``tokens``: how many tokens a text has."""

from __future__ import annotations

from genops.drift.descriptor import descriptor
from genops.retrieval.embedders.endpoint_tokens import tiktoken_counter


@descriptor("tokens", of="number", unit="tokens")
def tokens(text: str, encoding: str = "cl100k_base") -> float:
    """Length in tokens of one of OpenAI's encodings, which stand for any model's: cost and context grow with it.

    Args:
        text: Any.
        encoding: As tiktoken calls it.
    """
    return float(tiktoken_counter(encoding)(text))
