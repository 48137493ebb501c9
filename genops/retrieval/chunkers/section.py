"""What a chunker says of a document: its sections, and the places in them where a chunk had better end."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from enum import IntEnum
from typing import NamedTuple, TypeAlias

from genops.retrieval.document import Document


class Break(IntEnum):
    """How well a chunk may end at a place, best first."""

    BLOCK = 0
    """Between paragraphs, lists, tables, definitions."""
    ITEM = 1
    """Between items of a list, rows of a table, stretches of code with a blank line between."""
    SUBITEM = 2
    """Between what such an item is made of."""
    SENTENCE = 3
    LINE = 4
    WORD = 5
    INSIDE = 6
    """Inside a word, or between the characters of a script that has no spaces."""
    HEADING = 7
    """Between a heading and what it stands over."""


Breaks: TypeAlias = Sequence[tuple[int, Break]]
"""Offsets in the document's text in ascending order, each with how well a chunk may end there."""

Fits: TypeAlias = Callable[[int, int], bool]
"""Whether the characters from one offset to another are one chunk, or less."""


class Block(NamedTuple):
    """A paragraph, list, table or piece of code.

    Attributes:
        start: First character, from 0.
        end: One past the last.
        breaks: Finds the places inside where it may be cut, once it has to be; between words it may be cut anyway.
        whole: Whether it stays in one piece when a chunk has room for it.
    """

    start: int
    end: int
    breaks: Callable[[], Breaks] = tuple
    whole: bool = False


class Section(NamedTuple):
    """Blocks that may share a chunk. No chunk has parts of two sections.

    Attributes:
        headings: What it stands under, outermost first.
        blocks: In order, without gaps but for white space and what is not to be searched.
    """

    headings: tuple[str, ...]
    blocks: Sequence[Block]


Chunker: TypeAlias = Callable[[Document, Fits], Iterator[Section]]
"""Finds the sections of a document, in order."""
