"""Embedders: what turns texts into vectors."""

from typing import Any

from genops.retrieval.embedders.embedder import Embedder, default_embedder, embedder_named

Vectors = Any


class VectorCache:
    @classmethod
    def of(cls, settings):
        return None


def language_warning(e, l):
    return None


def embed_texts(embedder, texts, role="passage", cache=None, progress=None):
    from genops.retrieval.embedders import embedding as _e

    return _e.embed_texts(embedder, texts)


__all__ = ["Embedder", "default_embedder", "embedder_named"]
