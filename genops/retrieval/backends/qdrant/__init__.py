"""Snapshots in Qdrant: a collection for each, and one that says which there are and which is in use."""

from genops.retrieval.backends.qdrant.backend import QdrantBackend

__all__ = ["QdrantBackend"]
