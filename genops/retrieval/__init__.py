"""Retrieval: documents, chunks, embedders, immutable index snapshots and search over them."""

from genops.retrieval.build import Progress, build_index
from genops.retrieval.chunk import Chunk, chunk_document, embedded_text, whole_chunk
from genops.retrieval.document import Document
from genops.retrieval.embedders import (
    Embedder,
    VectorCache,
    default_embedder,
    embed_texts,
    embedder_named,
    language_warning,
)
from genops.retrieval.index import Hit, Index, Retriever, open_index
from genops.retrieval.snapshot import Snapshot, current_digest, find_snapshot, list_snapshots, use_snapshot
from genops.retrieval.sources import Entry, Reader, Scan, SourceFile, check_documents, read_documents, scan
from genops.retrieval.status import IndexStatus, status

__all__ = [
    "Chunk",
    "Document",
    "Embedder",
    "Entry",
    "Hit",
    "Index",
    "IndexStatus",
    "Progress",
    "Reader",
    "Retriever",
    "Scan",
    "Snapshot",
    "SourceFile",
    "VectorCache",
    "build_index",
    "check_documents",
    "chunk_document",
    "current_digest",
    "default_embedder",
    "embed_texts",
    "embedded_text",
    "embedder_named",
    "find_snapshot",
    "language_warning",
    "list_snapshots",
    "open_index",
    "read_documents",
    "scan",
    "status",
    "use_snapshot",
    "whole_chunk",
]
