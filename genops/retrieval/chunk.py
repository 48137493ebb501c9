"""Chunks: the passages of a document, cut along its structure and measured in the embedder's tokens."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256
from typing import TYPE_CHECKING, NamedTuple

from genops.errors import DefinitionError, InputError, nearest
from genops.retrieval.chunkers import CHUNKERS, Chunker, Room, Ruler, Section, least_tokens, pack, paragraphs
from genops.retrieval.document import Document

if TYPE_CHECKING:
    from genops.retrieval.embedders.embedder import Embedder

CHUNKER_VERSION = 2
"""Rises whenever a document would be cut in another way."""

_PLAIN = frozenset({"tokens", "sentences"})
"""Chunkers that find one section in a document, under no heading of its own."""
_BY_FORMAT = {"text": "sentences", "markdown": "markdown", "code": "code"}
_HEADING_CHARACTERS = 300
_SEPARATOR = " > "


class Chunk(NamedTuple):
    """A passage of a document: ``document.text[start:end]``.

    Attributes:
        start: First character, from 0.
        end: One past the last.
        heading: What it stands under, outermost first, joined by `` > ``: title, headings, signatures.
        context: As much of the heading as is embedded before the passage; outer ones go first when it is long.
        id: 16 hexadecimal digits, from document id, span and text.
    """

    start: int
    end: int
    heading: str
    context: str
    id: str


def embedded_text(document: Document, chunk: Chunk) -> str:
    """What the embedder reads of a chunk."""
    passage = document.text[chunk.start : chunk.end]
    return f"{chunk.context}\n{passage}" if chunk.context else passage


def chunk_document(document: Document, embedder: Embedder, chunker: str, size: int, overlap: int) -> list[Chunk]:
    """Cuts a document into chunks, in order, that cover everything but white space and front matter.

    Args:
        document: What to cut.
        embedder: Counts the tokens.
        chunker: A name of ``CHUNKERS``, or ``auto`` for the one of the document's format.
        size: Tokens in a chunk, at most, without its context.
        overlap: Tokens that a chunk repeats of the one before it, at most.

    Raises:
        DefinitionError: No chunker has that name, ``size`` does not fit the embedder's window, or ``overlap`` is not
            below ``size``.
        InputError: A single character has more tokens than ``size``.
    """
    return Cutter(embedder, chunker, size, overlap).chunks(document)


class Cutter:
    """Cuts one document after the other in the same way; see :func:`chunk_document`.

    Args:
        embedder: Counts the tokens.
        chunker: A name of ``CHUNKERS``, or ``auto``.
        size: Tokens in a chunk.
        overlap: Tokens that a chunk repeats.

    Raises:
        DefinitionError: See :func:`chunk_document`.
    """

    def __init__(self, embedder: Embedder, chunker: str, size: int, overlap: int) -> None:
        _check(embedder, chunker, size, overlap)
        self._embedder = embedder
        self._chunker = chunker
        self._size = size
        self._overlap = overlap
        self._special = embedder.count_tokens("")
        self._budget = min(size, embedder.window - self._special)
        self._count = embedder.count_tokens

    def chunks(self, document: Document) -> list[Chunk]:
        """The chunks of a document, in order.

        Raises:
            InputError: A single character has more tokens than a chunk.
        """
        name = _BY_FORMAT[document.format] if self._chunker == "auto" else self._chunker
        if name in _PLAIN and not document.title:
            whole = self._whole(document)
            if whole is not None:
                return [whole]
        return self._cut(document, CHUNKERS[name])

    def _cut(self, document: Document, chunker: Chunker) -> list[Chunk]:
        ruler = Ruler(document.text, self._embedder, self._special)

        def fits(start: int, end: int) -> bool:
            return ruler.size(start, end, self._size) <= self._size

        chunks: list[Chunk] = []
        rooms: dict[tuple[str, ...], Room] = {}
        for section in chunker(document, fits):
            headings = _headings(document, section.headings)
            room = rooms.get(headings)
            if room is None:
                context = _context(headings, self._embedder)
                room = Room(ruler, self._size, self._embedder.window, context, f"document {document.id!r}")
                rooms[headings] = room
            heading = _SEPARATOR.join(headings)
            chunks += [_chunk(document, *span, heading, room.context) for span in pack(section, room, self._overlap)]
        return chunks

    def _whole(self, document: Document) -> Chunk | None:
        """All of a text but the white space around it, where that is one chunk, as it is of most short documents."""
        text = document.text
        bare = text.strip()
        budget = self._budget
        if not bare or least_tokens(len(bare)) > budget or self._count(bare) - self._special > budget:
            return None
        start = 0 if len(bare) == len(text) else len(text) - len(text.lstrip())
        end = start + len(bare)
        return Chunk(start, end, "", "", _chunk_id(document.id, start, end, bare))


def whole_chunk(document: Document, embedder: Embedder, start: int, end: int, headings: Sequence[str] = ()) -> Chunk:
    """A chunk that someone else has cut: taken as it is, or refused.

    Args:
        document: What it is a part of.
        embedder: Counts the tokens.
        start: First character, from 0.
        end: One past the last.
        headings: What it stands under, outermost first, without the document's title.

    Raises:
        InputError: It is empty, outside the document, or longer than the embedder's window; it would be cut there.
    """
    name = f"document {document.id!r}"
    if not 0 <= start < end <= len(document.text):
        raise InputError(f"{name}: no characters {start} to {end} in a text of {len(document.text)}")
    titles = _headings(document, headings)
    context = _context(titles, embedder)
    Room(Ruler(document.text, embedder), embedder.window, embedder.window, context, name).check(start, end)
    return _chunk(document, start, end, _SEPARATOR.join(titles), context)


def windows(text: str, embedder: Embedder) -> list[str]:
    """A text of any length as pieces that each fit the embedder's window, cut between sentences or words."""
    ruler = Ruler(text, embedder)
    room = Room(ruler, embedder.window, embedder.window)
    return [text[start:end] for start, end in pack(Section((), paragraphs(text)), room, overlap=0)] or [""]


def _check(embedder: Embedder, chunker: str, size: int, overlap: int) -> None:
    if chunker != "auto" and chunker not in CHUNKERS:
        raise DefinitionError(f"no chunker is called {chunker!r}", hint=nearest(chunker, ["auto", *CHUNKERS]))
    if size > embedder.window:
        raise DefinitionError(
            f"chunk_tokens is {size}, and the embedder {embedder.name!r} reads {embedder.window} tokens at most",
            hint=f"set chunk_tokens to {embedder.window} or less",
        )
    if not 0 <= overlap < size:
        raise DefinitionError(
            f"overlap_tokens is {overlap}, and chunk_tokens {size}", hint="set overlap_tokens below chunk_tokens"
        )


def _headings(document: Document, headings: Sequence[str]) -> tuple[str, ...]:
    """The headings of a section, the document's title outermost, none longer than people read."""
    if not (document.title or headings):
        return ()
    titles = [" ".join(title.split()) for title in (document.title, *headings)]
    if titles[1:2] == titles[:1]:  # Markdown often repeats its title as its first heading
        titles.pop(0)
    return tuple(
        title if len(title) <= _HEADING_CHARACTERS else f"{title[:_HEADING_CHARACTERS]}…" for title in titles if title
    )


def _context(headings: Sequence[str], embedder: Embedder) -> str:
    for outermost in range(len(headings)):
        context = _SEPARATOR.join(headings[outermost:])
        if embedder.count_tokens(context) <= embedder.window // 4:
            return context
    return ""


def _chunk(document: Document, start: int, end: int, heading: str, context: str) -> Chunk:
    return Chunk(start, end, heading, context, _chunk_id(document.id, start, end, document.text[start:end]))


def _chunk_id(document: str, start: int, end: int, text: str) -> str:
    return sha256(f"{document}\0{start}\0{end}\0{text}".encode()).hexdigest()[:16]
