"""The length of a span of text in tokens."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from genops.retrieval.embedders.embedder import Embedder

_CHARACTERS_PER_TOKEN = 16


def least_tokens(characters: int) -> int:
    """What a span takes in a chunk at least: a token may stand for very many characters, and counts for some alone."""
    return max(1, characters // _CHARACTERS_PER_TOKEN)


class Ruler:
    """Measures spans of one text in tokens of an embedder, without the special tokens.

    Args:
        text: What spans count in.
        embedder: Counts the tokens.
        special: Tokens that it puts around every text; counted where they are not known.
    """

    def __init__(self, text: str, embedder: Embedder, special: int | None = None) -> None:
        self.text = text
        self.special = embedder.count_tokens("") if special is None else special
        self.count = embedder.count_tokens
        self._words: dict[str, int] = {}
        self._last = (0, 0, 0)

    def tokens(self, start: int, end: int) -> int:
        """Tokens of a span, exactly; the last span's are known."""
        if self._last[:2] != (start, end):
            self._last = start, end, self.count(self.text[start:end]) - self.special
        return self._last[2]

    def size(self, start: int, end: int, limit: int) -> int:
        """What a span takes in a chunk: its tokens, or more where a token stands for very many characters.

        Args:
            start: First character.
            end: One past the last.
            limit: A span that is clearly beyond it is not counted; its size is just some number beyond.
        """
        least = least_tokens(end - start)
        return least if least > limit else max(least, self.tokens(start, end))

    def word_size(self, start: int, end: int, limit: int) -> int:
        """As :meth:`size`, for what comes up again and again."""
        word = self.text[start:end]
        size = self._words.get(word)
        if size is None:
            size = self._words[word] = self.size(start, end, limit)
        return size
