"""Chunks: the passages of a document, cut along its structure and measured in the embedder's tokens."""

from __future__ import annotations

import hashlib
import re
from bisect import bisect_left
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from genops.errors import DefinitionError
from genops.retrieval.document import Document
from genops.retrieval.embedders.embedder import Embedder

CHUNKER_VERSION = 1
_CHARACTERS_PER_TOKEN = 16  # a run of letters without a space may count as a single token, whatever its length
_PARAGRAPH_END = re.compile(r"\n[^\S\n]*\n\s*")
_LINE_END = re.compile(r"\r\n?|\n")
_SENTENCE_OR_ITEM_END = re.compile(r"(?<=[.!?])\s+|(?<=[。！？])|\n(?=[ \t]*(?:[-*+|>#\n]|[0-9]+[.)]))")
_BOUNDARIES = (_SENTENCE_OR_ITEM_END, _LINE_END, re.compile(r"\s+"))

Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Chunk:
    """A passage: ``document.text[start:end] == text``.

    Attributes:
        id: 16 hexadecimal digits, from uri, span and text.
        uri: The document's.
        start: First character, from 0.
        end: One past the last character.
        text: The passage.
        heading: The headings that it stands under, outermost first, joined by `` > ``; empty outside Markdown.
        context: As much of the heading as is embedded with the text: outer headings go first when it is long.
    """

    id: str
    uri: str
    start: int
    end: int
    text: str
    heading: str
    context: str

    @property
    def embedded_text(self) -> str:
        """What the embedder reads."""
        return f"{self.context}\n{self.text}" if self.context else self.text


def chunk_document(document: Document, embedder: Embedder, chunker: str, size: int, overlap: int) -> list[Chunk]:
    """Cuts a document into chunks, in order.

    A chunk never crosses a heading. It ends at the end of a paragraph, list, table or code block where that leaves it
    at least half full, else at the end of a sentence or line, else between words; a word longer than a chunk is cut.

    Args:
        document: What to cut.
        embedder: Counts the tokens.
        size: Tokens in a chunk, at most, without its context.
        overlap: Tokens that a chunk repeats of the one before it under the same heading, at most.

    Raises:
        DefinitionError: ``size`` does not fit the embedder's window, or ``overlap`` is not below half of ``size``.
    """
    if size > embedder.window:
        raise DefinitionError(
            f"chunk_tokens is {size}, and the embedder {embedder.name!r} reads {embedder.window} tokens at most",
            hint=f"set chunk_tokens to {embedder.window} or less",
        )
    if 2 * overlap >= size:
        raise DefinitionError(
            f"overlap_tokens is {overlap}, half of chunk_tokens ({size}) or more", hint="set a smaller overlap_tokens"
        )
    chunks = []
    for headings, blocks in _sections(document):
        context = _context(headings, embedder)
        room = embedder.window - (embedder.count_tokens(f"{context}\n") if context else embedder.count_tokens(""))
        for start, end in _pack(document.text, blocks, embedder, min(size, room), overlap):
            text = document.text[start:end]
            name = hashlib.sha256(f"{document.uri}\0{start}\0{end}\0{text}".encode()).hexdigest()[:16]
            chunks.append(Chunk(name, document.uri, start, end, text, " > ".join(headings), context))
    return chunks


def windows(text: str, embedder: Embedder) -> list[str]:
    """A text of any length as pieces that each fit the embedder's window, cut between sentences or words."""
    budget = embedder.window - embedder.count_tokens("")
    return [text[start:end] for start, end in _pack(text, [(0, len(text))], embedder, budget, 0)] or [text]


def _context(headings: tuple[str, ...], embedder: Embedder) -> str:
    for outermost in range(len(headings)):
        context = " > ".join(headings[outermost:])
        if embedder.count_tokens(context) <= embedder.window // 4:
            return context
    return ""


def _sections(document: Document) -> Iterator[tuple[tuple[str, ...], list[Span]]]:
    """The spans of the blocks under each heading; a heading is a part of the block that follows it."""
    if document.format != "markdown":
        yield (), list(_split(document.text, (0, len(document.text)), _PARAGRAPH_END))
        return
    from markdown_it import MarkdownIt

    text = document.text
    lines = [0, *(match.end() for match in _LINE_END.finditer(text)), len(text)]
    headings: list[tuple[int, str]] = []
    blocks: list[Span] = []
    covered = 0
    tokens = MarkdownIt("commonmark").enable("table").parse(text)
    for position, token in enumerate(tokens):
        if token.level != 0 or token.map is None:
            continue
        if token.type != "heading_open":
            end = lines[min(token.map[1], len(lines) - 1)]
            blocks.append((covered, end))
            covered = end
            continue
        if blocks:
            start = lines[token.map[0]]
            yield _titles(headings), [*blocks[:-1], (blocks[-1][0], start)]
            blocks, covered = [], start
        depth = int(token.tag[1:])
        headings = [heading for heading in headings if heading[0] < depth]
        headings.append((depth, " ".join(tokens[position + 1].content.split())))
    yield _titles(headings), [*blocks, (covered, len(text))]


def _titles(headings: list[tuple[int, str]]) -> tuple[str, ...]:
    return tuple(title for _, title in headings if title)


def _pack(text: str, blocks: list[Span], embedder: Embedder, budget: int, overlap: int) -> Iterator[Span]:
    """Spans of at most ``budget`` tokens over the blocks, in order."""
    special = embedder.count_tokens("")

    def tokens(start: int, end: int) -> int:
        return embedder.count_tokens(text[start:end]) - special

    def fits(start: int, end: int) -> bool:
        return end - start <= _CHARACTERS_PER_TOKEN * budget and tokens(start, end) <= budget

    atoms, block_of = [], []
    for number, block in enumerate(blocks):
        for atom in _atoms(text, block, fits):
            atoms.append(atom)
            block_of.append(number)
    first = fresh = 0  # a chunk begins at atom `first`; the atoms before `fresh` repeat the chunk before it
    while fresh < len(atoms):
        begin = atoms[first][0]
        candidates = range(fresh + 1, min(fresh + budget, len(atoms)))
        after = fresh + 1 + bisect_left(candidates, True, key=lambda atom: not fits(begin, atoms[atom][1]))
        last = after - 1
        boundary = bisect_left(block_of, block_of[last]) - 1
        cuts_a_block = after < len(atoms) and block_of[after] == block_of[last]
        if cuts_a_block and boundary >= fresh and 2 * tokens(begin, atoms[boundary][1]) >= budget:
            last = boundary
        yield atoms[first][0], atoms[last][1]
        first = fresh = last + 1
        while (
            fresh < len(atoms)
            and first > 0
            and tokens(atoms[first - 1][0], atoms[last][1]) <= overlap
            and fits(atoms[first - 1][0], atoms[fresh][1])
        ):
            first -= 1


def _atoms(text: str, span: Span, fits: Callable[[int, int], bool], level: int = 0) -> Iterator[Span]:
    """What is packed whole: sentences and list items; of those that do not fit, lines, words or parts of words."""
    for part in _split(text, span, _BOUNDARIES[level]):
        if fits(*part):
            yield part
        elif level + 1 < len(_BOUNDARIES):
            yield from _atoms(text, part, fits, level + 1)
        else:
            yield from _halves(part, fits)


def _halves(span: Span, fits: Callable[[int, int], bool]) -> Iterator[Span]:
    start, end = span
    if end - start == 1 or fits(start, end):
        yield span
        return
    middle = (start + end) // 2
    yield from _halves((start, middle), fits)
    yield from _halves((middle, end), fits)


def _split(text: str, span: Span, boundary: re.Pattern[str]) -> Iterator[Span]:
    """The parts of a span between boundaries, without the white space around them."""
    start, stop = span
    ends = [(match.start(), match.end()) for match in boundary.finditer(text, start, stop)]
    for end, following in [*ends, (stop, stop)]:
        part = text[start:end]
        left, right = len(part) - len(part.lstrip()), len(part.rstrip())
        if left < right:
            yield start + left, start + right
        start = following
