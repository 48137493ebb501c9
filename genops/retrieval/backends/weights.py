"""BM25 of a whole snapshot, prepared when it is pushed: the words of its living passages and what length costs them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from math import log
from typing import TYPE_CHECKING

from genops.retrieval.lexical import Postings
from genops.retrieval.snapshots.snapshot import Snapshot

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_ROWS = 50_000
"""Rows that are weighed at once."""


@dataclass(frozen=True, slots=True)
class RowWeights:
    """What a row gives for each of its terms, but for the terms' idf."""

    terms: NDArray[np.int64]
    weights: NDArray[np.float32]


def living_postings(snapshot: Snapshot) -> Postings:
    """The words of the living passages, numbered through."""
    import numpy as np

    parts = []
    for segment in snapshot.segments:
        alive = np.ones(segment.entry.chunks, dtype=bool)
        alive[segment.dead_rows()] = False
        parts.append(alive)
    return Postings.joined([segment.postings for segment in snapshot.segments], np.concatenate(parts))


def row_weights(postings: Postings, k1: float, b: float) -> Iterator[RowWeights]:
    """``tf / (tf + k1 * (1 - b + b * length / average length))`` of each row's terms, row after row."""
    import numpy as np

    lengths = postings.lengths
    relative = lengths / lengths.mean() if lengths.any() else np.zeros(len(lengths))
    damping = (k1 * (1 - b + b * relative)).astype(np.float32)
    terms = np.repeat(np.arange(len(postings.terms)), np.diff(postings.starts))
    for first in range(0, len(lengths), _ROWS):
        last = min(first + _ROWS, len(lengths))
        here = np.flatnonzero((postings.holders >= first) & (postings.holders < last))
        here = here[np.argsort(postings.holders[here], kind="stable")]
        holders, counts = postings.holders[here], postings.counts[here].astype(np.float32)
        weights = (counts / (counts + damping[holders])).astype(np.float32, copy=False)
        edges = np.searchsorted(holders, np.arange(first, last + 1))
        for begin, end in pairwise(edges.tolist()):
            yield RowWeights(terms[here[begin:end]], weights[begin:end])


def idf(rows: int, holders: int) -> float:
    """What a term is worth that so many of the rows have (Lucene's form)."""
    return log(1 + (rows - holders + 0.5) / (holders + 0.5))
