"""A project whose index is in a backend."""

from genops.index_settings import IndexSettings
from genops.retrieval import Document
from genops.settings import Settings


def settings_of(root, backend, **changes):
    """Settings of a project in a folder, whose index ``docs`` is in a backend."""
    values = {"embedder": "hashing", "chunk_tokens": 24, "overlap_tokens": 4, "backend": backend, **changes}
    root.mkdir(parents=True, exist_ok=True)
    return Settings(root=root, indexes={"docs": IndexSettings(**values)})


def notes(*texts):
    """A document for each text: ``n0``, ``n1`` …"""
    return [Document(f"n{n}", f"n{n}", text, metadata={"n": n}) for n, text in enumerate(texts)]
