"""Writes a segment: documents and chunks as they come, then vectors, then words; memory stays bounded."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from operator import itemgetter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson

from genops.retrieval.chunk import Chunk
from genops.retrieval.dense import write_blocks
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
    Passage,
    Segment,
)

if TYPE_CHECKING:
    from genops.retrieval.embedders.embedder import Vectors

_BATCH = 8192
_HELD_DOCUMENTS = 128  # so few that the garbage collector seldom comes by while they are held
_HELD_CHARACTERS = 2**20

_kept = itemgetter(*map(Document._fields.index, DocumentRecord._fields))

Embed = Callable[[Sequence[str]], "Vectors"]
Chunks = Sequence[Chunk] | Sequence[Passage]


class SegmentWriter:
    """A segment while it is made. Use it as a context: it closes its files.

    Args:
        folder: An empty folder.
        dimension: Numbers in a vector.
        complete: Called with each file that is not written to any more, where it stays.
    """

    def __init__(self, folder: Path, dimension: int, complete: Callable[[Path], object] = lambda path: None) -> None:
        folder.mkdir(parents=True)
        self._folder = folder
        self._dimension = dimension
        self._complete = complete
        self._tables = _Tables(folder)
        self._kept: list[tuple[Segment, range]] = []

    @property
    def documents(self) -> int:
        """Taken so far."""
        return self._tables.documents

    @property
    def chunks(self) -> int:
        """Of these documents."""
        return self._tables.chunks

    @property
    def to_embed(self) -> int:
        """Of these chunks, the first ones, whose vectors are not known yet."""
        return self.chunks - sum(len(rows) for _, rows in self._kept)

    def __enter__(self) -> SegmentWriter:
        return self

    def __exit__(self, *_: object) -> None:
        self._tables.close()

    def add(self, document: Document, chunks: Sequence[Chunk]) -> None:
        """Takes a document, before all that is kept; its chunks are embedded later."""
        self._tables.put(_kept(document), document.text, chunks)

    def take(self, record: DocumentRecord, text: str, chunks: Chunks) -> None:
        """As :meth:`add`, of a document of which this is known."""
        self._tables.put(tuple(record), text, chunks)

    def keep(self, segment: Segment, position: int) -> None:
        """Takes a document with its chunks and vectors from a segment."""
        rows = segment.rows(position)
        self._keep_vectors(segment, rows)
        self._tables.put(tuple(segment.record(position)), segment.text(position), segment.passages(rows))

    def _keep_vectors(self, segment: Segment, rows: range) -> None:
        """Notes whose vectors follow; rows that follow each other are read together."""
        if self._kept:
            last, before = self._kept[-1]
            if last is segment and before.stop == rows.start:
                self._kept[-1] = segment, range(before.start, rows.stop)
                return
        self._kept.append((segment, rows))

    def finish(self, name: str, kind: str, embed: Embed, analyzer: Analyzer | None) -> SegmentEntry:
        """Embeds what is new, makes the indexes and closes the files.

        Args:
            name: The segment's.
            kind: Of the vectors' index.
            embed: Unit vectors of texts.
            analyzer: Finds the words; None where there are to be none.
        """
        self._tables.finish()
        folder = self._folder.rename(self._folder.with_name(name))
        for file in (RECORDS, DOCUMENTS, TEXTS, CHUNKS, HEADINGS):
            self._complete(folder / file)
        words = analyzer is not None
        entry = SegmentEntry(name=name, kind=kind, documents=self.documents, chunks=self.chunks, words=words)
        written = Segment(folder, entry, self._dimension)
        for file in write_blocks(folder, self._vectors(written, embed), self.chunks, self._dimension, kind):
            self._complete(folder / file)
        if analyzer is not None:
            batches = _batches(self.chunks)
            texts = (passage.searched_text for rows in batches for passage in written.passages(rows))
            Postings.of(texts, analyzer).save(folder)
        return entry

    def discard(self) -> None:
        """Removes what was written; there was nothing to write."""
        self._tables.close()
        shutil.rmtree(self._folder)

    def _vectors(self, written: Segment, embed: Embed) -> Iterator[Vectors]:
        """All vectors, by row."""
        import numpy as np

        for rows in _batches(self.to_embed):
            yield embed(written.embedded_texts(rows))
        for segment, kept in self._kept:
            for rows in _batches(kept.stop, kept.start):
                yield segment.dense.vectors(np.arange(rows.start, rows.stop))


class _Tables:
    """The files of documents and their chunks, written some documents at a time, which is faster than one by one.

    Args:
        folder: Where to.

    Attributes:
        documents: Taken so far.
        chunks: Of these documents.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._closing = ExitStack()
        self._streams = [
            self._closing.enter_context((folder / n).open("wb")) for n in (RECORDS, TEXTS, CHUNKS, DOCUMENTS)
        ]
        self._headings: dict[str, int] = {"": 0}
        self._held: list[tuple[tuple[Any, ...], str, Chunks]] = []
        self._held_characters = 0
        self.documents = self.chunks = 0
        self._written = (0, 0, 0, 0)
        """Documents, chunks, bytes of records and of texts."""

    def put(self, record: tuple[Any, ...], text: str, chunks: Chunks) -> None:
        """Takes one more."""
        self._held.append((record, text, chunks))
        self._held_characters += len(text)
        self.documents += 1
        self.chunks += len(chunks)
        if len(self._held) >= _HELD_DOCUMENTS or self._held_characters >= _HELD_CHARACTERS:
            self._write()

    def _write(self) -> None:
        lines, texts, spans, places = list[bytes](), list[bytes](), list[bytes](), list[bytes]()
        headings, number, first, record_at, text_at = self._headings, *self._written
        for record, text, chunks in self._held:
            line, data = orjson.dumps(record, option=orjson.OPT_APPEND_NEWLINE), text.encode()
            size = len(data)
            byte = None if size == len(text) else _byte_places(text, chunks)
            for chunk in chunks:
                start, end, heading, context = chunk.start, chunk.end, chunk.heading, chunk.context
                at, to = (start, end) if byte is None else (byte[start], byte[end])
                over = headings.setdefault(heading, len(headings)) if heading else 0
                of = headings.setdefault(context, len(headings)) if context else 0
                spans.append(CHUNK.pack(int(chunk.id, 16), number, start, end, text_at + at, to - at, over, of))
            places.append(DOCUMENT.pack(record_at, len(line) - 1, text_at, size, first, len(chunks)))
            lines.append(line)
            texts.append(data)
            number += 1
            first += len(chunks)
            record_at += len(line)
            text_at += size
        for stream, pieces in zip(self._streams, (lines, texts, spans, places), strict=True):
            stream.write(b"".join(pieces))
        self._held, self._held_characters, self._written = [], 0, (number, first, record_at, text_at)

    def finish(self) -> None:
        """Writes what is left, and the headings."""
        self._write()
        self.close()
        (self._folder / HEADINGS).write_bytes(orjson.dumps(list(self._headings)))

    def close(self) -> None:
        """Closes the files as they are."""
        self._closing.close()


def _byte_places(text: str, chunks: Chunks) -> dict[int, int]:
    """Where the characters at which chunks start and end are in the text's UTF-8, in bytes."""
    places: dict[int, int] = {}
    seen = at = 0
    for position in sorted({edge for chunk in chunks for edge in (chunk.start, chunk.end)}):
        at += len(text[seen:position].encode("utf-8"))
        seen = position
        places[position] = at
    return places


def _batches(stop: int, start: int = 0) -> Iterator[range]:
    """Rows, some at a time."""
    return (range(first, min(first + _BATCH, stop)) for first in range(start, stop, _BATCH))
