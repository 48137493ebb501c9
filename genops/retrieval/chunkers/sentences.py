"""Cutting prose: paragraphs, and in them sentences."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial

from genops.retrieval.chunkers.abbreviations import ALWAYS_FOLLOWED, BEFORE_NUMBERS
from genops.retrieval.chunkers.lines import LINE_END
from genops.retrieval.chunkers.section import Block, Break, Fits, Section
from genops.retrieval.document import Document

_PARAGRAPH_END = re.compile(r"(?:\r\n?+|\n)[^\S\r\n]*+(?:\r\n?+|\n)\s*")
_ITEM = re.compile(r"[^\S\r\n]*+(?:[-*+•|>#]|[0-9]{1,9}[.)]\s)")
_SENTENCE_END = re.compile(
    r"""(?<![.!?…‽])(?P<spaced>[.!?…‽]++[)\]"'”’»›]*+)(?=\s)"""  # in 3.14 and example.org nothing follows
    r"""|[。！？｡؟۔।॥։።፧။]++[.!?…]*+[)\]"'”’»›」』】）》〉]*+"""
)
_NEXT = re.compile(r"\s*+[(\[\"'“‘«‹„¿¡]*+(\S?)")
_WORD_CHARACTERS = 24
_OPENING = "([{<\"'“‘«‹„¿¡*_"
_ACRONYM = re.compile(r"(?:\w{1,3}\.)+\w{1,3}")


def sentence_sections(document: Document, fits: Fits) -> Iterator[Section]:
    """One section of paragraphs; each may be cut between sentences, else at line ends."""
    yield Section((), paragraphs(document.text))


def paragraphs(text: str) -> list[Block]:
    """What is between blank lines."""
    found, start = [], 0
    for match in _PARAGRAPH_END.finditer(text):
        found.append(Block(start, match.end(), partial(prose_breaks, text, start, match.start())))
        start = match.end()
    return [*found, Block(start, len(text), partial(prose_breaks, text, start, len(text)))]


def prose_breaks(text: str, start: int, end: int) -> list[tuple[int, Break]]:
    """Where a paragraph may be cut: before lines that look like items, between sentences, at line ends."""
    places = {
        match.end(): Break.ITEM if _ITEM.match(text, match.end(), end) else Break.LINE
        for match in LINE_END.finditer(text, start, end)
    }
    for match in _SENTENCE_END.finditer(text, start, end):
        if match["spaced"] is None or _ends_sentence(text, match["spaced"], match.start(), match.end()):
            places[match.end()] = Break.SENTENCE
    return sorted(places.items())


def _ends_sentence(text: str, mark: str, start: int, end: int) -> bool:
    """Whether a mark with white space behind it ends a sentence, by the word before it and what follows."""
    found = _NEXT.match(text, end)
    following = found[1] if found else ""
    if mark[0] != "." or len(mark) > 1:
        return mark in ("!", "?") or not following.islower()
    before = text[max(0, start - _WORD_CHARACTERS) : start]
    if not before or before[-1].isspace():
        return True
    word = before.split()[-1].lstrip(_OPENING).lower()
    if (
        word in ALWAYS_FOLLOWED
        or (word in BEFORE_NUMBERS and following.isdigit())
        or (len(word) == 1 and word.isalpha())
    ):
        return False
    if word.isdigit():
        return before.rpartition("\n")[2].strip(" \t>*-") != word  # else it numbers an item
    return not following.islower() or (len(word) > 4 and not _ACRONYM.fullmatch(word))
