"""Embedders: what turns texts into vectors."""

from genops.retrieval.embedders.embedder import Embedder, default_embedder, embedder_named

__all__ = ["Embedder", "default_embedder", "embedder_named"]
