"""Atoms: the smallest pieces that chunks are put together from, each measured once."""

from __future__ import annotations

import re
from array import array
from collections.abc import Sequence

import regex

from genops.retrieval.chunkers.room import Room
from genops.retrieval.chunkers.section import Block, Break, Section

_WORD = re.compile(r"\S+")
_WORD_CHARACTERS = 64
_CHARACTER = regex.compile(r"\X")
_RUN = 8
_VIEW = 512  # code points looked at together: for a flag, regex goes back to the first flag of a row


class Atoms:
    """The atoms of a section, in order: sentences, words, whole tables.

    A short sentence is one atom, a longer one falls into its words. White space belongs to none.

    Args:
        section: What to take apart.
        room: Of a chunk; a block that is to stay whole does so up to here.
        overlap: Tokens that chunks share; sentences stay whole up to here, so that they can be shared.

    Attributes:
        starts: First character of each.
        ends: One past the last.
        breaks: How well a chunk may end behind each.
        totals: Tokens before each, and at last of all.
    """

    def __init__(self, section: Section, room: Room, overlap: int) -> None:
        self.starts, self.ends, self.breaks, self.totals = array("q"), array("q"), array("b"), array("q", [0])
        self._ruler, self._budget = room.ruler, room.budget
        self._most = max(1, self._budget // 4)
        self._sentence = min(self._most, overlap or self._budget)
        for block in section.blocks:
            self._add_block(block)

    def __len__(self) -> int:
        return len(self.starts)

    def _add_block(self, block: Block) -> None:
        if block.whole:
            start, end = self._trimmed(block.start, block.end)
            if start < end and (size := self._ruler.size(start, end, self._budget)) <= self._budget:
                self._add(start, end, size, Break.BLOCK)
                return
        start = block.start
        for end, after in (*block.breaks(), (block.end, Break.BLOCK)):
            self._add_stretch(*self._trimmed(start, end))
            if self.breaks:
                self.breaks[-1] = after if self.ends[-1] > start else min(after, self.breaks[-1])
            start = end

    def _add_stretch(self, start: int, end: int) -> None:
        if start == end:
            return
        size = self._ruler.size(start, end, self._sentence)
        if size <= self._sentence:
            self._add(start, end, size, Break.WORD)
            return
        for match in _WORD.finditer(self._ruler.text, start, end):
            self._add_word(*match.span())

    def _add_word(self, start: int, end: int) -> None:
        if end - start <= _WORD_CHARACTERS:
            size = self._ruler.word_size(start, end, self._most)
            if size <= self._most:
                self._add(start, end, size, Break.WORD)
                return
        while start < end:
            ends = self._character_ends(start, min(end, start + _VIEW))
            if ends[-1] < end:
                ends = ends[:-1] or ends  # the last one may go on behind the view
            for last in (*ends[_RUN - 1 : -1 : _RUN], ends[-1]):
                self._add_characters(start, last)
                start = last
        self.breaks[-1] = Break.WORD

    def _add_characters(self, start: int, end: int) -> None:
        """Characters as one atom, or as several where they have too many tokens."""
        size = self._ruler.word_size(start, end, self._most)
        if size <= self._most or end - start == 1:
            self._add(start, end, size, Break.INSIDE)
            return
        inside = self._character_ends(start, end)[:-1] or range(start + 1, end)
        middle = inside[len(inside) // 2]
        self._add_characters(start, middle)
        self._add_characters(middle, end)

    def _character_ends(self, start: int, end: int) -> Sequence[int]:
        """Where each character ends, as people see them: an emoji may be seven code points."""
        return [start + match.end() for match in _CHARACTER.finditer(self._ruler.text[start:end])]

    def _add(self, start: int, end: int, size: int, after: Break) -> None:
        self.starts.append(start)
        self.ends.append(end)
        self.breaks.append(after)
        self.totals.append(self.totals[-1] + size)

    def _trimmed(self, start: int, end: int) -> tuple[int, int]:
        """A span without the white space around it."""
        part = self._ruler.text[start:end]
        left = len(part) - len(part.lstrip())
        return start + left, max(start + left, start + len(part.rstrip()))
