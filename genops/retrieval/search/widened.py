"""Hits widened to the text around them; what they share is told once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from genops.retrieval.search.corpus import Corpus
from genops.retrieval.search.ranking import Ranking
from genops.retrieval.snapshots.segment import DocumentRecord, Passage

Found = tuple[DocumentRecord, Passage]


@dataclass(slots=True)
class Span:
    """A piece of a document's text.

    Attributes:
        document: The document's id.
        start: Its first character.
        end: One past the last.
        text: What is between them.
    """

    document: str
    start: int
    end: int
    text: str

    def overlaps(self, document: str, start: int, end: int) -> bool:
        """Whether it shares text with another one."""
        return self.document == document and self.start < end and start < self.end

    def join(self, other: Span) -> None:
        """Takes in another one that it overlaps."""
        first, second = (self, other) if self.start <= other.start else (other, self)
        text = first.text + second.text[max(0, first.end - second.start) :]
        self.start, self.end, self.text = first.start, max(first.end, second.end), text


def widened(ranking: Ranking, corpus: Corpus, k: int, neighbours: int) -> dict[int, Span]:
    """The best candidates with their neighbours, ``k`` pieces of text that do not overlap.

    The first ``k`` count: those that overlap are joined to the better one. Of the candidates after them those that
    overlap none fill up what is missing, so that no text grows by what was not among the best.

    Args:
        ranking: Candidates, best first.
        corpus: Has their text and what is around it.
        k: How many.
        neighbours: Passages before and after each.

    Returns:
        Each piece by the place of its best candidate in the ranking, best first.
    """
    spans: dict[int, Span] = {}
    for place, (document, passage) in enumerate(_found(ranking, corpus, k)):
        if len(spans) == k:
            break
        further = place >= k
        if further and any(span.overlaps(document.id, passage.start, passage.end) for span in spans.values()):
            continue
        span = Span(document.id, *corpus.around(int(ranking.rows[place]), neighbours))
        shared = [at for at, other in spans.items() if other.overlaps(span.document, span.start, span.end)]
        if not shared:
            spans[place] = span
        elif not further:
            _join(spans, shared, span)
    return spans


def _found(ranking: Ranking, corpus: Corpus, k: int) -> Iterator[Found]:
    """The candidates' passages; of those after the first ``k`` only when they are asked for."""
    yield from corpus.passages(ranking.rows[:k])
    if len(ranking.rows) > k:
        yield from corpus.passages(ranking.rows[k:])


def _join(spans: dict[int, Span], shared: Sequence[int], span: Span) -> None:
    """Joins a piece and all that it overlaps to the best of these."""
    best, *others = shared
    for other in (span, *(spans.pop(place) for place in others)):
        spans[best].join(other)
