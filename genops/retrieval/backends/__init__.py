"""Where one machine ends: the snapshots of an index in PostgreSQL or Qdrant, searched there by any machine."""

from genops.retrieval.backends.backend import Backend
from genops.retrieval.backends.choose import backend_of, close_backends

__all__ = ["Backend", "backend_of", "close_backends"]
