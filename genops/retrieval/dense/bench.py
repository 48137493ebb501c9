"""The kinds of index side by side on someone's own vectors, and which to take."""

from __future__ import annotations

import math
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from genops.retrieval.dense.index import DenseIndex, Rows, Vectors
from genops.retrieval.dense.storage import INDEX, open_dense, write_dense

KINDS = ("flat", "ivf_sq8", "hnsw", "ivf_pq")
_GOOD_RECALL = 0.95
_GOOD_SECONDS = 0.010


@dataclass(frozen=True, slots=True)
class KindFigures:
    """What one kind of index gave.

    Attributes:
        kind: See :func:`choose_kind`.
        recall: Share of the ``k`` truly nearest rows that were found, over all queries.
        median: Seconds of a search, one query at a time on one thread.
        p95: Seconds that 95 of 100 searches keep within.
        build: Seconds to write it.
        disk: Bytes of its files.
        memory: Bytes of the file that searches go through, and that memory should have room for; the rest is read a
            few rows at a time.
        take: Whether this is the kind to take.
    """

    kind: str
    recall: float
    median: float
    p95: float
    build: float
    disk: int
    memory: int
    take: bool = False


def bench_kinds(
    vectors: Vectors,
    queries: Vectors,
    k: int = 10,
    kinds: Sequence[str] = KINDS,
    folder: Path | None = None,
    progress: Callable[[str], None] | None = None,
) -> list[KindFigures]:
    """Builds and searches each kind, and says which to take.

    That is the first that finds 95% and keeps within 10 ms (p95); where none does, the fastest that finds 95%.

    Args:
        vectors: float32, rows x dimension, of unit length; may be memory-mapped. One or more.
        queries: The same, of queries as they are asked: stored vectors as queries would find themselves.
        k: Hits of each query.
        kinds: Which ones, in the order of preference; ``flat`` is always built, as what recall is measured against.
        folder: Where to make room for the files, which are removed in the end; the system's folder by default.
        progress: Called with each kind before it is built.

    Raises:
        InputError: A vector is not finite or not of unit length.
    """
    figures: list[KindFigures] = []
    truth: Rows | None = None
    for kind in dict.fromkeys(("flat", *kinds)):
        if progress:
            progress(kind)
        with tempfile.TemporaryDirectory(dir=folder) as place:
            measured, found = _measure(Path(place), kind, vectors, queries, k)
        truth = found if truth is None else truth
        figures.append(replace(measured, recall=_recall(found, truth)))
    best = figures.index(_best(figures))
    return [replace(figure, take=at == best) for at, figure in enumerate(figures)]


def _measure(folder: Path, kind: str, vectors: Vectors, queries: Vectors, k: int) -> tuple[KindFigures, Rows]:
    """What one kind costs, its recall not known yet, and the rows it finds."""
    begin = time.perf_counter()
    files = write_dense(folder, vectors, kind)
    build = time.perf_counter() - begin
    found, taken = _search(open_dense(folder, kind, *vectors.shape), queries, k)
    median, p95 = map(float, np.quantile(taken, [0.5, 0.95]))
    sizes = {file: (folder / file).stat().st_size for file in files}
    return KindFigures(kind, math.nan, median, p95, build, sum(sizes.values()), sizes[INDEX]), found


def _search(index: DenseIndex, queries: Vectors, k: int) -> tuple[Rows, list[float]]:
    """Rows of each query, and the seconds each took; searched twice, the first time to have the file in memory."""
    found, taken = np.empty((len(queries), k), dtype=np.int64), []
    index.search(queries, k)
    for at in range(len(queries)):
        begin = time.perf_counter()
        found[at] = index.search(queries[at : at + 1], k)[1][0]
        taken.append(time.perf_counter() - begin)
    return found, taken


def _recall(found: Rows, truth: Rows) -> float:
    shares = [np.isin(best[best >= 0], mine).mean() for mine, best in zip(found, truth, strict=True)]
    return float(np.mean(shares))


def _best(figures: Sequence[KindFigures]) -> KindFigures:
    good = [figure for figure in figures if figure.recall >= _GOOD_RECALL]
    fast = [figure for figure in good if figure.p95 <= _GOOD_SECONDS]
    return fast[0] if fast else min(good, key=lambda figure: figure.p95)
