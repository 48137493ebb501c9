"""FAISS on a GPU, where its build and the machine have one.

Filtered searches stay on the CPU, because a GPU takes no selector.
"""

from __future__ import annotations

import threading
from functools import cached_property
from typing import Any

from genops.retrieval.dense.index import Mask, Rows, Vectors
from genops.retrieval.dense.library import faiss_library

_MOST_HITS = 2048


class Gpu:
    """The copy of an index in the memory of the first GPU, made at the first search that can use it.

    Args:
        index: Of the CPU.
    """

    def __init__(self, index: Any) -> None:
        self._index = index
        self._using = threading.Lock()  # the resources of a GPU serve one thread at a time

    def takes(self, k: int, allowed: Mask | None) -> bool:
        """Whether there is a GPU that can do such a search."""
        if allowed is not None or k > _MOST_HITS:
            return False
        with self._using:
            return self._copy is not None

    def nearest(self, queries: Vectors, k: int, params: Any = None) -> Rows:
        """The rows of the ``k`` nearest vectors by the index's own scores; -1 where there are fewer."""
        with self._using:
            rows: Rows = self._copy.search(queries, k, params=params)[1]
        return rows

    @cached_property
    def _copy(self) -> Any:
        """The copy; None where there is no GPU, or none that can hold such an index."""
        faiss = faiss_library()
        if not hasattr(faiss, "StandardGpuResources") or not faiss.get_num_gpus():
            return None
        try:
            return faiss.index_cpu_to_gpu(faiss.StandardGpuResources(), 0, self._index)
        except RuntimeError:
            return None
