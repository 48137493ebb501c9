"""Cutting source code: by its definitions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial

from genops.retrieval.chunkers.definition import Definition
from genops.retrieval.chunkers.layout import layout_definitions
from genops.retrieval.chunkers.lines import line_breaks
from genops.retrieval.chunkers.python import python_definitions
from genops.retrieval.chunkers.section import Block, Fits, Section
from genops.retrieval.document import Document


def code_sections(document: Document, fits: Fits) -> Iterator[Section]:
    """A section for each definition that fits into a chunk, and for what stands between definitions.

    A definition that does not fit is taken apart in the same way, under its signature as a heading.
    """
    text = document.text
    definitions = python_definitions(text) if document.language == "python" else None
    if definitions is None:  # not Python, or not for the Python that runs this
        definitions = layout_definitions(text)
    yield from _sections(text, 0, len(text), definitions, (), fits)


def _sections(
    text: str, start: int, end: int, definitions: Sequence[Definition], headings: tuple[str, ...], fits: Fits
) -> Iterator[Section]:
    def plain(first: int, last: int) -> Section:
        return Section(headings, [Block(first, last, partial(line_breaks, text, first, last))])

    for definition in definitions:
        yield plain(start, definition.start)
        if fits(definition.start, definition.end):
            yield plain(definition.start, definition.end)
        else:
            inner = (*headings, definition.signature)
            yield from _sections(text, definition.start, definition.end, definition.parts(), inner, fits)
        start = definition.end
    yield plain(start, end)
