"""Retrieval: documents, chunks, embedders, immutable index snapshots and search over them."""

from genops.retrieval.backends import close_backends
from genops.retrieval.build import Progress, build_index, update_index
from genops.retrieval.chunk import Chunk, chunk_document, embedded_text, whole_chunk
from genops.retrieval.document import Document
from genops.retrieval.embedders import (
    Embedder,
    Role,
    VectorCache,
    default_embedder,
    embed_texts,
    embedder_named,
    language_warning,
)
from genops.retrieval.filters import Filter, parse_filter
from genops.retrieval.search import Hit, Index, Rank, Retriever, open_index
from genops.retrieval.snapshots import (
    Published,
    Removed,
    Snapshot,
    Use,
    collect_garbage,
    current_digest,
    find_snapshot,
    list_snapshots,
    rollback_index,
    snapshot_history,
    use_snapshot,
)
from genops.retrieval.sources import Entry, Reader, Scan, SourceFile, check_documents, read_documents, scan
from genops.retrieval.status import IndexStatus, status

__all__ = [
    "Chunk",
    "Document",
    "Embedder",
    "Entry",
    "Filter",
    "Hit",
    "Index",
    "IndexStatus",
    "Progress",
    "Published",
    "Rank",
    "Reader",
    "Removed",
    "Retriever",
    "Role",
    "Scan",
    "Snapshot",
    "SourceFile",
    "Use",
    "VectorCache",
    "build_index",
    "check_documents",
    "chunk_document",
    "close_backends",
    "collect_garbage",
    "current_digest",
    "default_embedder",
    "embed_texts",
    "embedded_text",
    "embedder_named",
    "find_snapshot",
    "language_warning",
    "list_snapshots",
    "open_index",
    "parse_filter",
    "read_documents",
    "rollback_index",
    "scan",
    "snapshot_history",
    "status",
    "update_index",
    "use_snapshot",
    "whole_chunk",
]
