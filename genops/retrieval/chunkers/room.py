"""The room that a chunk has: its own size, and the embedder's window for it and its context."""

from __future__ import annotations

from dataclasses import dataclass

from genops.errors import InputError
from genops.retrieval.chunkers.ruler import Ruler


@dataclass(frozen=True, slots=True)
class Room:
    """What a chunk may be at most.

    Attributes:
        ruler: Measures.
        size: Tokens of the passage, without special ones.
        window: Tokens of what the embedder reads: context, passage and special tokens.
        context: What is embedded before the passage.
        name: What the text is called in an error.
    """

    ruler: Ruler
    size: int
    window: int
    context: str = ""
    name: str = "the text"

    @property
    def budget(self) -> int:
        """Tokens that a passage can have."""
        taken = self.ruler.count(f"{self.context}\n") if self.context else self.ruler.special
        return min(self.size, self.window - taken)

    def fits(self, start: int, end: int) -> bool:
        """Whether a passage is within both bounds, by counting: a text may have more tokens than its parts together."""
        tokens = self.ruler.tokens(start, end)
        return tokens <= self.size and self._embedded(start, end, tokens) <= self.window

    def check(self, start: int, end: int) -> None:
        """Refuses a passage that does not fit.

        Raises:
            InputError: It has too many tokens.
        """
        tokens = self.ruler.tokens(start, end)
        embedded = self._embedded(start, end, tokens)
        where = f"{self.name}: characters {start} to {end}"
        if tokens > self.size:
            raise InputError(f"{where} have {tokens} tokens, and a chunk has {self.size} at most", hint=_HINT)
        if embedded > self.window:
            raise InputError(
                f"{where} have {embedded} tokens with heading and special tokens, and the embedder reads {self.window}",
                hint=_HINT,
            )

    def _embedded(self, start: int, end: int, tokens: int) -> int:
        if not self.context:
            return tokens + self.ruler.special
        return self.ruler.count(f"{self.context}\n{self.ruler.text[start:end]}")


_HINT = "nothing is cut without a word: give shorter pieces, or an embedder with a wider window"
