"""The room that a chunk has: its own size, and the embedder's window for it and its context."""

from __future__ import annotations

from genops.errors import InputError
from genops.retrieval.chunkers.ruler import Ruler

_HINT = "nothing is cut without a word: give shorter pieces, or an embedder with a wider window"


class Room:
    """What a chunk may be at most.

    Args:
        ruler: Measures.
        size: Tokens of the passage, without special ones.
        window: Tokens of what the embedder reads: context, passage and special tokens.
        context: What is embedded before the passage.
        name: What the text is called in an error.

    Attributes:
        ruler: Measures.
        context: What is embedded before the passage.
        budget: Tokens that a passage has room for.
    """

    def __init__(self, ruler: Ruler, size: int, window: int, context: str = "", name: str = "the text") -> None:
        self.ruler = ruler
        self.context = context
        self.budget = min(size, window - (ruler.count(f"{context}\n") if context else ruler.special))
        self._size = size
        self._window = window
        self._name = name

    def fits(self, start: int, end: int) -> bool:
        """Whether a passage is within both bounds, by counting: a text may have more tokens than its parts together."""
        tokens = self.ruler.tokens(start, end)
        return tokens <= self._size and self._embedded(start, end, tokens) <= self._window

    def check(self, start: int, end: int) -> None:
        """Refuses a passage that does not fit.

        Raises:
            InputError: It has too many tokens.
        """
        tokens = self.ruler.tokens(start, end)
        embedded = self._embedded(start, end, tokens)
        where = f"{self._name}: characters {start} to {end}"
        if tokens > self._size:
            raise InputError(f"{where} have {tokens} tokens, and a chunk has {self._size} at most", hint=_HINT)
        if embedded > self._window:
            raise InputError(
                f"{where} have {embedded} tokens with heading and special tokens,"
                f" and the embedder reads {self._window}",
                hint=_HINT,
            )

    def _embedded(self, start: int, end: int, tokens: int) -> int:
        if not self.context:
            return tokens + self.ruler.special
        return self.ruler.count(f"{self.context}\n{self.ruler.text[start:end]}")
