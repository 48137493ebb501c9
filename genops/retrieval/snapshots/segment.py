"""A segment: documents with their chunks, vectors and words, in files that are never changed once written.

``texts.bin`` holds every document's text once, and a chunk is a span of it, so ``text[start:end] == chunk`` by
construction. Everything is read where it lies, by memory maps; nothing is pickled.
"""

from __future__ import annotations

import mmap
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from struct import Struct
from typing import TYPE_CHECKING, Any, NamedTuple

import orjson

from genops.errors import Location, SnapshotError
from genops.retrieval.dense import DenseIndex, open_dense
from genops.retrieval.document import MetadataValue
from genops.retrieval.lexical import Postings
from genops.retrieval.snapshots.manifest import SegmentEntry

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

RECORDS, DOCUMENTS, TEXTS, CHUNKS, HEADINGS = (
    "documents.jsonl",
    "documents.bin",
    "texts.bin",
    "chunks.bin",
    "headings.json",
)
DOCUMENT_FIELDS = (
    ("record_at", "<i8"),
    ("record_size", "<i8"),
    ("text_at", "<i8"),
    ("text_size", "<i8"),
    ("first_chunk", "<i8"),
    ("chunks", "<i8"),
)
CHUNK_FIELDS = (
    ("id", "<u8"),
    ("document", "<i8"),
    ("start", "<i8"),
    ("end", "<i8"),
    ("at", "<i8"),
    ("size", "<i8"),
    ("heading", "<i4"),
    ("context", "<i4"),
)
DOCUMENT, CHUNK = (
    Struct("<" + "".join({"<i8": "q", "<u8": "Q", "<i4": "i"}[kind] for _, kind in fields))
    for fields in (DOCUMENT_FIELDS, CHUNK_FIELDS)
)


class DocumentRecord(NamedTuple):
    """What an index keeps of a document beside its text; the fields are those of ``Document``."""

    id: str
    uri: str
    hash: str
    digest: str
    format: str
    title: str
    metadata: dict[str, MetadataValue]
    modified: int | None
    ttl: float | None
    pages: list[int]

    def filterable(self) -> dict[str, Any]:
        """What it can be filtered by: its metadata and, where they do not hide them, the built-in fields."""
        built_in = {"uri": self.uri, "document": self.id, "title": self.title, "modified": self.modified}
        return {**built_in, **self.metadata}

    @property
    def expires(self) -> float | None:
        """Nanoseconds since the epoch after which it no longer counts as fresh; None for never."""
        return None if self.ttl is None or self.modified is None else self.modified + self.ttl * 1e9

    def page_of(self, character: int) -> int | None:
        """The page that a character is on, from 1; None where there are no pages."""
        return bisect_right(self.pages, character) or None


class Passage(NamedTuple):
    """A chunk as it is stored.

    Attributes:
        id: 16 hexadecimal digits.
        document: Position of its document in the segment.
        start: First character in the document.
        end: One past the last.
        text: The passage.
        heading: The headings that it stands under.
        context: As much of them as is embedded before it.
    """

    id: str
    document: int
    start: int
    end: int
    text: str
    heading: str
    context: str

    @property
    def embedded_text(self) -> str:
        """What the embedder reads."""
        return f"{self.context}\n{self.text}" if self.context else self.text

    @property
    def searched_text(self) -> str:
        """What its words are taken from."""
        return f"{self.heading}\n{self.text}" if self.heading else self.text


class Segment:
    """A segment, open for reading. Its files were checked, or just written.

    Args:
        folder: Where it is.
        entry: What the manifest says of it.
        dimension: Numbers in a vector.
        times: When documents were modified, by id, of those that were modified since it was written.
    """

    def __init__(
        self, folder: Path, entry: SegmentEntry, dimension: int, times: Mapping[str, int | None] | None = None
    ) -> None:
        self.entry = entry
        self._times = times or {}
        self._folder = folder
        self._dimension = dimension

    @cached_property
    def dense(self) -> DenseIndex:
        """Its vectors, by row."""
        return open_dense(self._folder, self.entry.kind, self.entry.chunks, self._dimension, self.ids)

    @cached_property
    def postings(self) -> Postings:
        """Its words, by row."""
        return Postings.load(self._folder) if self.entry.words else Postings.none(self.entry.chunks)

    @cached_property
    def document_of(self) -> NDArray[np.int64]:
        """Position of each chunk's document."""
        import numpy as np

        return np.ascontiguousarray(self._chunks["document"])

    @cached_property
    def ids(self) -> NDArray[np.uint64]:
        """Id of each chunk, as a number."""
        import numpy as np

        return np.ascontiguousarray(self._chunks["id"])

    @cached_property
    def _chunks(self) -> NDArray[np.void]:
        return _table(self._chunk_rows, CHUNK_FIELDS)

    @cached_property
    def _chunk_rows(self) -> memoryview:
        return _mapped(self._folder / CHUNKS)

    @cached_property
    def _documents(self) -> NDArray[np.void]:
        return _table(self._document_rows, DOCUMENT_FIELDS)

    @cached_property
    def _document_rows(self) -> memoryview:
        return _mapped(self._folder / DOCUMENTS)

    @cached_property
    def _texts(self) -> memoryview:
        return _mapped(self._folder / TEXTS)

    @cached_property
    def _records(self) -> memoryview:
        return _mapped(self._folder / RECORDS)

    @cached_property
    def _headings(self) -> list[str]:
        path = self._folder / HEADINGS
        with _reading(path):
            headings: list[str] = orjson.loads(path.read_bytes())
        return headings

    def record(self, position: int) -> DocumentRecord:
        """What is kept of a document."""
        return next(self.records([position]))

    def records(self, positions: Iterable[int] | None = None) -> Iterator[DocumentRecord]:
        """What is kept of documents, in the order given; all of them by default."""
        rows, records, times = self._document_rows, self._records, self._times
        for position in range(self.entry.documents) if positions is None else positions:
            at, size, _, _, _, _ = DOCUMENT.unpack_from(rows, position * DOCUMENT.size)
            record = DocumentRecord._make(orjson.loads(records[at : at + size]))
            yield record._replace(modified=times[record.id]) if record.id in times else record

    def empty_documents(self) -> list[int]:
        """Positions of the documents that have no passage."""
        import numpy as np

        return np.flatnonzero(self._documents["chunks"] == 0).tolist()

    def text(self, position: int) -> str:
        """A document's whole text."""
        row = self._documents[position]
        return self._slice(int(row["text_at"]), int(row["text_size"]))

    def rows(self, position: int) -> range:
        """The chunks of a document."""
        row = self._documents[position]
        first = int(row["first_chunk"])
        return range(first, first + int(row["chunks"]))

    def dead_rows(self) -> list[int]:
        """The chunks of documents that the snapshot no longer has."""
        return [row for position in self.entry.deleted for row in self.rows(position)]

    def passage(self, row: int) -> Passage:
        """A chunk."""
        return self.passages(range(row, row + 1))[0]

    def passages(self, rows: range | NDArray[np.int64]) -> list[Passage]:
        """Chunks, in the order given; faster than one by one."""
        chunks, headings, texts = self._chunk_rows, self._headings, self._texts
        found = []
        for row in rows if isinstance(rows, range) else rows.tolist():
            name, document, start, end, at, size, over, of = CHUNK.unpack_from(chunks, row * CHUNK.size)
            text = str(texts[at : at + size], "utf-8")
            found.append(Passage(f"{name:016x}", document, start, end, text, headings[over], headings[of]))
        return found

    def embedded_texts(self, rows: range) -> list[str]:
        """What the embedder reads of chunks, in order."""
        table = self._chunks[rows.start : rows.stop]
        headings, texts = self._headings, self._texts
        columns = (table[name].tolist() for name in ("context", "at", "size"))  # many times as fast as rows of records
        passages = ((headings[of], str(texts[at : at + size], "utf-8")) for of, at, size in zip(*columns, strict=True))
        return [f"{context}\n{text}" if context else text for context, text in passages]

    def between(self, first: int, last: int) -> str:
        """The document's text from the start of one chunk to the end of a later one."""
        begin, end = self._chunks[first], self._chunks[last]
        at = int(begin["at"])
        return self._slice(at, int(end["at"]) + int(end["size"]) - at)

    def _slice(self, at: int, size: int) -> str:
        return str(self._texts[at : at + size], "utf-8")


def _table(rows: memoryview, fields: tuple[tuple[str, str], ...]) -> NDArray[Any]:
    import numpy as np

    return np.frombuffer(rows, dtype=list(fields))


def _mapped(path: Path) -> memoryview:
    with _reading(path), path.open("rb") as stream:
        if path.stat().st_size == 0:
            return memoryview(b"")
        return memoryview(mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ))


@contextmanager
def _reading(path: Path) -> Iterator[None]:
    try:
        yield
    except (OSError, ValueError) as error:
        raise SnapshotError(f"a file of the index snapshot cannot be read: {error}", at=Location(path)) from None
