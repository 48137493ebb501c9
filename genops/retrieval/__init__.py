"""Retrieval: documents, chunks, embedders, immutable index snapshots and search over them."""

from genops.retrieval.build import Progress, build_index, update_index
from genops.retrieval.chunk import Chunk, chunk_document
from genops.retrieval.document import Document
<<<<<<< HEAD
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
=======
from genops.retrieval.embedders.embedder import Embedder, default_embedder, embedder_named
from genops.retrieval.embedders.embedding import embed_texts
from genops.retrieval.index import Hit, Index, Retriever, open_index
from genops.retrieval.snapshot import Snapshot, current_digest, find_snapshot, list_snapshots, use_snapshot
from genops.retrieval.sources import Entry, Reader, Scan, SourceFile, check_documents, read_documents, scan
>>>>>>> main
from genops.retrieval.status import IndexStatus, status

__all__ = [
    "Chunk",
    "Document",
    "Embedder",
<<<<<<< HEAD
    "Filter",
=======
    "Entry",
>>>>>>> main
    "Hit",
    "Index",
    "IndexStatus",
    "Progress",
<<<<<<< HEAD
    "Rank",
    "Removed",
=======
    "Reader",
>>>>>>> main
    "Retriever",
    "Scan",
    "Snapshot",
<<<<<<< HEAD
    "Use",
=======
    "SourceFile",
>>>>>>> main
    "build_index",
    "check_documents",
    "chunk_document",
    "collect_garbage",
    "current_digest",
    "default_embedder",
    "embed_texts",
    "embedder_named",
    "find_snapshot",
    "list_snapshots",
    "open_index",
<<<<<<< HEAD
    "parse_filter",
    "rollback_index",
    "snapshot_history",
=======
    "read_documents",
    "scan",
>>>>>>> main
    "status",
    "update_index",
    "use_snapshot",
]
