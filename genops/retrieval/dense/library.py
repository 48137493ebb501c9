"""FAISS: imported when it is first needed, with the number of threads that a call uses, and a filter in its form."""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

import numpy as np

from genops.retrieval.dense.index import Mask

_WORTH_THREADS = 50_000


@cache
def faiss_library() -> Any:
    """The module, untyped: its own type stubs do not know what its Python layer adds."""
    return importlib.import_module("faiss")


@contextmanager
def faiss_threads(most: int) -> Iterator[None]:
    """Lets FAISS use up to ``most`` threads, at most one a core, in calls of this thread.

    OpenMP keeps this number for each calling thread apart, so calls from other threads are not touched. A search uses
    one thread a query: a single query runs on the thread that asks, and servers scale by asking from several threads.
    """
    faiss = faiss_library()
    before = faiss.omp_get_max_threads()
    faiss.omp_set_num_threads(max(1, min(most, _cores())))
    try:
        yield
    finally:
        faiss.omp_set_num_threads(before)


def building_threads(rows: int) -> int:
    """How many threads a build gains from: small ones are done before the threads have met."""
    return 1 if rows < _WORTH_THREADS else _cores()


@cache
def _cores() -> int:
    """That this process may use."""
    return len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1


def selector(allowed: Mask | None) -> Any:
    """The FAISS selector of the rows that are true, or None for all."""
    return None if allowed is None else faiss_library().IDSelectorBitmap(np.packbits(allowed, bitorder="little"))
