"""Retrieval: documents, chunks, embedders, immutable index snapshots and search over them."""

from genops.retrieval.build import Progress, build_index, update_index
from genops.retrieval.chunk import Chunk, chunk_document
from genops.retrieval.document import Document
from genops.retrieval.embedders import Embedder, default_embedder, embed_texts, embedder_named
from genops.retrieval.filters import Filter, parse_filter
from genops.retrieval.search import Hit, Index, Rank, Retriever, open_index
from genops.retrieval.snapshots import (
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
from genops.retrieval.status import IndexStatus, status

__all__ = [
    "Chunk",
    "Document",
    "Embedder",
    "Filter",
    "Hit",
    "Index",
    "IndexStatus",
    "Progress",
    "Rank",
    "Removed",
    "Retriever",
    "Snapshot",
    "Use",
    "build_index",
    "chunk_document",
    "collect_garbage",
    "current_digest",
    "default_embedder",
    "embed_texts",
    "embedder_named",
    "find_snapshot",
    "list_snapshots",
    "open_index",
    "parse_filter",
    "rollback_index",
    "snapshot_history",
    "status",
    "update_index",
    "use_snapshot",
]
