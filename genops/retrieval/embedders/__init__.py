"""Embedders: what turns texts into vectors."""

from genops.retrieval.embedders.embedder import Embedder, Role
from genops.retrieval.embedders.embedding import embed_texts
from genops.retrieval.embedders.language import language_warning
from genops.retrieval.embedders.naming import default_embedder, embedder_named
from genops.retrieval.embedders.vector_cache import VectorCache

__all__ = [
    "Embedder",
    "Role",
    "VectorCache",
    "default_embedder",
    "embed_texts",
    "embedder_named",
    "language_warning",
]
