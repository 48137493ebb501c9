"""The passages of a snapshot on their way to a backend, and pieced together again around a hit."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from genops.retrieval.snapshots.manifest import Manifest
from genops.retrieval.snapshots.segment import Passage, Segment


@dataclass(frozen=True, slots=True)
class Row:
    """A passage with what lies between it and the next one of its document.

    Attributes:
        number: In the segment.
        passage: See :class:`Passage`.
        gap: The document's text from its end to the start of the next; empty where they share text.
    """

    number: int
    passage: Passage
    gap: str


def rows_of(segment: Segment, position: int) -> Iterator[Row]:
    """The rows of a document."""
    rows = segment.rows(position)
    passages = segment.passages(rows)
    for row, passage, following in zip(rows, passages, [*passages[1:], None], strict=True):
        gap = ""
        if following is not None and following.start > passage.end:
            both = segment.between(row, row + 1)
            gap = both[passage.end - passage.start : following.start - passage.start]
        yield Row(row, passage, gap)


@dataclass(frozen=True, slots=True)
class Piece:
    """As much of a row as its place in the document's text needs."""

    start: int
    end: int
    text: str
    gap: str


def pieced(pieces: Sequence[Piece]) -> tuple[int, int, str]:
    """Start, end and text of neighbouring passages of a document, from the first's start to the last's end."""
    text = "".join((piece.text + piece.gap)[: after.start - piece.start] for piece, after in pairwise(pieces))
    return pieces[0].start, pieces[-1].end, text + pieces[-1].text


def approximates(manifest: Manifest) -> bool:
    """Whether a graph is searched instead of every vector: as the settings say, or by size."""
    return manifest.segments[0].kind != "flat"
