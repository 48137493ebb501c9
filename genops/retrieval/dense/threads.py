"""How many threads FAISS uses in a call."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def faiss_threads(most: int) -> Iterator[None]:
    """Lets FAISS use up to ``most`` threads, at most one a core, in calls of this thread.

    OpenMP keeps this number for each calling thread apart, so calls from other threads are not touched. A search uses
    one thread a query: a single query runs on the thread that asks, and servers scale by asking from several threads.
    """
    import faiss

    before = faiss.omp_get_max_threads()
    faiss.omp_set_num_threads(max(1, min(most, os.cpu_count() or 1)))
    try:
        yield
    finally:
        faiss.omp_set_num_threads(before)
