"""Cutting by size alone, whatever the text is."""

from __future__ import annotations

from collections.abc import Iterator

from genops.retrieval.chunkers.section import Block, Fits, Section
from genops.retrieval.document import Document


def token_sections(document: Document, fits: Fits) -> Iterator[Section]:
    """One section of one block without breaks: its chunks are windows as full as whole words make them.

    A word boundary is a boundary of tokens and of characters alike. Where there is none for long, as in scripts
    without spaces, windows end between characters.
    """
    yield Section((), [Block(0, len(document.text))])
