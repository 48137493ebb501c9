"""Chunkers: each finds the structure of a document in its own way; all are packed into chunks by the same rule.

A chunker gives *sections*, which no chunk crosses, of *blocks*, which say where they may be cut. :func:`pack` fills
chunks with them, measured in the embedder's tokens.
"""

from genops.retrieval.chunkers.code import code_sections
from genops.retrieval.chunkers.markdown import markdown_sections
from genops.retrieval.chunkers.packing import pack
from genops.retrieval.chunkers.room import Room
from genops.retrieval.chunkers.ruler import Ruler, least_tokens
from genops.retrieval.chunkers.section import Block, Break, Chunker, Fits, Section
from genops.retrieval.chunkers.sentences import paragraphs, sentence_sections
from genops.retrieval.chunkers.tokens import token_sections

CHUNKERS: dict[str, Chunker] = {
    "markdown": markdown_sections,
    "sentences": sentence_sections,
    "tokens": token_sections,
    "code": code_sections,
}

__all__ = [
    "CHUNKERS",
    "Block",
    "Break",
    "Chunker",
    "Fits",
    "Room",
    "Ruler",
    "Section",
    "least_tokens",
    "pack",
    "paragraphs",
]
