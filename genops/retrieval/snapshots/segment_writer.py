"""Writes a segment: documents and chunks as they come, then vectors, then words; memory stays bounded."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from operator import attrgetter
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import orjson

from genops.retrieval.chunk import Chunk
from genops.retrieval.dense import write_dense
from genops.retrieval.document import Document
from genops.retrieval.lexical import Analyzer, Postings
from genops.retrieval.snapshots.manifest import SegmentEntry
from genops.retrieval.snapshots.segment import (
    CHUNK,
    CHUNKS,
    DOCUMENT,
    DOCUMENTS,
    HEADINGS,
    RECORDS,
    TEXTS,
    DocumentRecord,
    Segment,
)

if TYPE_CHECKING:
    from genops.retrieval.embedders.embedder import Vectors

_BATCH = 8192
_STAGED = "vectors.staged"

_kept = attrgetter(*DocumentRecord._fields)

_Span: TypeAlias = tuple[int, int, int, str, str]
"""Id, start, end, heading and context of a chunk."""

Embed = Callable[[Sequence[str]], "Vectors"]


class SegmentWriter:
    """A segment while it is made. Use it as a context: it closes its files.

    Args:
        folder: An empty folder.
        dimension: Numbers in a vector.

    Attributes:
        documents: Taken so far.
        chunks: Of these documents.
        to_embed: Of these chunks, the first ones, whose vectors are not known yet.
    """

    def __init__(self, folder: Path, dimension: int) -> None:
        folder.mkdir(parents=True)
        self._folder = folder
        self._dimension = dimension
        self._closing = ExitStack()
        opened = [self._closing.enter_context((folder / n).open("wb")) for n in (RECORDS, DOCUMENTS, TEXTS, CHUNKS)]
        self._records, self._documents, self._texts, self._chunks = opened
        self._headings: dict[str, int] = {"": 0}
        self._kept: list[tuple[Segment, range]] = []
        self._records_size = self._texts_size = 0
        self.documents = 0
        self.chunks = 0
        self.to_embed = 0

    def __enter__(self) -> SegmentWriter:
        return self

    def __exit__(self, *_: object) -> None:
        self._closing.close()

    def add(self, document: Document, chunks: Sequence[Chunk]) -> None:
        """Takes a document, before all that is kept; its chunks are embedded later."""
        spans = [(int(c.id, 16), c.start, c.end, c.heading, c.context) for c in chunks]
        self._put(_kept(document), document.text, spans)
        self.to_embed = self.chunks

    def keep(self, segment: Segment, position: int) -> None:
        """Takes a document with its chunks and vectors from a segment."""
        rows = segment.rows(position)
        self._kept.append((segment, rows))
        spans = [(int(p.id, 16), p.start, p.end, p.heading, p.context) for p in segment.passages(rows)]
        self._put(tuple(segment.record(position)), segment.text(position), spans)

    def _put(self, record: tuple[Any, ...], text: str, spans: list[_Span]) -> None:
        line, data = orjson.dumps(record, option=orjson.OPT_APPEND_NEWLINE), text.encode("utf-8")
        text_at = self._texts_size
        places = _byte_spans(text, len(data), [(start, end) for _, start, end, *_ in spans])
        for (name, start, end, heading, context), (at, size) in zip(spans, places, strict=True):
            headings = self._heading(heading), self._heading(context)
            self._chunks.write(CHUNK.pack(name, self.documents, start, end, text_at + at, size, *headings))
        place = (self._records_size, len(line) - 1, text_at, len(data), self.chunks, len(spans))
        self._documents.write(DOCUMENT.pack(*place))
        self._records_size += self._records.write(line)
        self._texts_size += self._texts.write(data)
        self.documents += 1
        self.chunks += len(spans)

    def _heading(self, heading: str) -> int:
        return self._headings.setdefault(heading, len(self._headings))

    def finish(self, name: str, kind: str, embed: Embed, analyzer: Analyzer | None) -> SegmentEntry:
        """Embeds what is new, makes the indexes and closes the files.

        Args:
            name: The segment's.
            kind: Of the vectors' index.
            embed: Unit vectors of texts.
            analyzer: Finds the words; None where there are to be none.
        """
        self._closing.close()
        folder = self._folder.rename(self._folder.with_name(name))
        (folder / HEADINGS).write_bytes(orjson.dumps(list(self._headings)))
        words = analyzer is not None
        entry = SegmentEntry(name=name, kind=kind, documents=self.documents, chunks=self.chunks, words=words)
        written = Segment(folder, entry, self._dimension)
        write_dense(folder, self._vectors(written, folder / _STAGED, embed), kind)
        (folder / _STAGED).unlink(missing_ok=True)
        if analyzer is not None:
            batches = _batches(self.chunks)
            texts = (passage.searched_text for rows in batches for passage in written.passages(rows))
            Postings.of(texts, analyzer).save(folder)
        return entry

    def discard(self) -> None:
        """Removes what was written; there was nothing to write."""
        self._closing.close()
        shutil.rmtree(self._folder)

    def _vectors(self, written: Segment, staged: Path, embed: Embed) -> Vectors:
        """All vectors, by row, in a file of their own for as long as the indexes are made."""
        import numpy as np

        shape = (self.chunks, self._dimension)
        if not self.chunks:
            return np.zeros(shape, dtype=np.float32)
        with staged.open("wb") as stream:
            for rows in _batches(self.to_embed):
                stream.write(embed([passage.embedded_text for passage in written.passages(rows)]).data)
            for segment, rows in self._kept:
                stream.write(segment.dense.vectors(np.arange(rows.start, rows.stop)).data)
        vectors: Vectors = np.memmap(staged, dtype=np.float32, mode="r", shape=shape)
        return vectors


def _byte_spans(text: str, size: int, spans: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """Where spans of characters are in the text's UTF-8: offset and length in bytes."""
    if size == len(text):
        return [(start, end - start) for start, end in spans]
    places: dict[int, int] = {}
    seen = at = 0
    for position in sorted({edge for span in spans for edge in span}):
        at += len(text[seen:position].encode("utf-8"))
        seen = position
        places[position] = at
    return [(places[start], places[end] - places[start]) for start, end in spans]


def _batches(count: int) -> Iterator[range]:
    """The first rows, some at a time."""
    return (range(first, min(first + _BATCH, count)) for first in range(0, count, _BATCH))
