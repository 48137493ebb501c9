"""Approximate search: an index proposes candidates, exact cosines choose among them, and a filter loses nothing."""

from __future__ import annotations

from typing import Protocol

import numpy as np

from genops.retrieval.dense.flat import FlatIndex
from genops.retrieval.dense.index import Found, Mask, Rows, Vectors
from genops.retrieval.dense.ranking import checked_queries, nothing

_WIDER = 4


class Candidates(Protocol):
    """An approximate index, as a source of candidates."""

    def propose(self, queries: Vectors, k: int, effort: float, allowed: Mask | None) -> Rows:
        """For each query the rows that are probably among the ``k`` nearest allowed ones; -1 where there are fewer.

        Args:
            queries: Unit vectors.
            k: Hits wanted.
            effort: How much more is looked at than without a filter.
            allowed: Which rows may be proposed.
        """
        ...

    def few(self, count: int, rows: int) -> bool:
        """Whether comparing with all of the ``count`` allowed rows is as fast as a search among all rows."""
        ...


class ApproximateIndex:
    """See :class:`~genops.retrieval.dense.index.DenseIndex`; may miss near rows, and never gives fewer than it could.

    A filter that leaves one row in n makes the search look at n times as much. Where few rows are left, or fewer hits
    than wanted are found after a second, wider try, all allowed rows are compared.

    Args:
        kind: Of the candidates' index.
        candidates: Proposes.
        exact: The vectors.
    """

    def __init__(self, kind: str, candidates: Candidates, exact: FlatIndex) -> None:
        self.kind = kind
        self.rows = exact.rows
        self.dimension = exact.dimension
        self._candidates = candidates
        self._exact = exact

    def vectors(self, rows: Rows) -> Vectors:
        """See :meth:`DenseIndex.vectors`."""
        return self._exact.vectors(rows)

    def search(self, queries: Vectors, k: int, allowed: Mask | None = None) -> Found:
        """See :meth:`DenseIndex.search`."""
        queries = checked_queries(queries, k, allowed, self.rows, self.dimension)
        count = self.rows if allowed is None else int(np.count_nonzero(allowed))
        if self._candidates.few(count, self.rows):
            return self._exact.search(queries, k, allowed)
        scores, found = nothing(len(queries), k)
        pending, effort = np.arange(len(queries)), self.rows / count
        for tried in (effort, effort * _WIDER):
            proposed = self._candidates.propose(queries[pending], k, tried, allowed)
            enough = np.count_nonzero(proposed >= 0, axis=1) >= min(k, count)
            for query, rows in zip(pending[enough], proposed[enough], strict=True):
                self._exact.rank(queries[query], rows[rows >= 0], scores[query], found[query])
            pending = pending[~enough]
            if not len(pending):
                return scores, found
        scores[pending], found[pending] = self._exact.search(queries[pending], k, allowed)
        return scores, found
