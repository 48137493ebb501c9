"""The passages that questions are made from."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from genops.errors import InputError
from genops.retrieval import Index

if TYPE_CHECKING:
    import numpy as np

_SHORTEST = 80
"""Characters below which there is too little in a passage to ask about."""
_LONGEST_QUERY = 1000
_NEIGHBOURS = 8


@dataclass(frozen=True, slots=True)
class Span:
    """A piece of a document.

    Attributes:
        document: The document's id.
        uri: Where it came from.
        start: First character in the document, from 0.
        end: One past the last.
        text: What stands there.
    """

    document: str
    uri: str
    start: int
    end: int
    text: str

    def find(self, quote: str) -> Span | None:
        """The span of a quote from this one, however it breaks its lines; None where it is not there."""
        import regex

        words = quote.split()
        pattern = r"\s+".join(map(regex.escape, words))
        found = regex.search(pattern, self.text) if words else None
        if found is None:
            return None
        start, end = found.span()
        return Span(self.document, self.uri, self.start + start, self.start + end, found[0])


class PassageSource:
    """Draws passages of an index at random.

    Args:
        index: Open for search.
        rng: Says which.
    """

    def __init__(self, index: Index, rng: np.random.Generator) -> None:
        self._index = index
        self._rng = rng
        self._rows = self._shuffled()

    def one(self) -> Span:
        """The next passage that is long enough; each once, until all were drawn.

        Raises:
            InputError: No passage is.
        """
        for _ in range(2):
            for row in self._rows:
                span = self._span(row)
                if span is not None:
                    return span
            self._rows = self._shuffled()
        raise InputError(
            f"the index {self._index.name!r} has no passage of {_SHORTEST} characters", hint="there is little to ask"
        )

    def beside(self, span: Span) -> Span | None:
        """A passage about the same, of another document where there is one; None where nothing else is found."""
        hits = self._index.search(span.text[:_LONGEST_QUERY], _NEIGHBOURS)
        near = [
            Span(hit.document, hit.uri, hit.start, hit.end, hit.text)
            for hit in hits
            if len(hit.text) >= _SHORTEST
            and hit.end - hit.start == len(hit.text)
            and (hit.document != span.document or hit.end <= span.start or hit.start >= span.end)
        ]
        return next((other for other in near if other.document != span.document), next(iter(near), None))

    def _shuffled(self) -> Iterator[int]:
        return iter(self._rng.permutation(self._index.corpus.living()).tolist())

    def _span(self, row: int) -> Span | None:
        import numpy as np

        ((document, passage),) = self._index.corpus.passages(np.array([row]))
        if len(passage.text) < _SHORTEST or passage.end - passage.start != len(passage.text):
            return None
        return Span(document.id, document.uri, passage.start, passage.end, passage.text)
