"""BM25 over postings: how well the words of a query fit each passage."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from genops.retrieval.lexical.postings import Postings

Weights = tuple[NDArray[np.int32], NDArray[np.float32], float]


class BM25:
    """Scores passages as Lucene does (Kamphuis et al., "Which BM25 do you mean?", ECIR 2020).

    ``idf(t) = ln(1 + (N - df + 0.5) / (df + 0.5))``, and a passage gets, for each token of the query,
    ``idf * tf / (tf + k1 * (1 - b + b * length / average length))``. N, df and the average are those of the living
    passages of all parts together. Weights of a term are computed when it is first asked for, and kept. Safe to use
    from several threads.

    Args:
        parts: Their rows are numbered through.
        alive: Which of these rows count; the others score nothing.
        k1: Saturation of term frequency, 0 or more.
        b: Normalisation by length, from 0 to 1.
    """

    def __init__(self, parts: Sequence[Postings], alive: NDArray[np.bool_], k1: float, b: float) -> None:
        lengths = np.concatenate([part.lengths for part in parts]) if parts else np.empty(0, dtype=np.int32)
        if len(alive) != len(lengths):
            raise ValueError(f"{len(alive)} rows said to be alive or not, of {len(lengths)}")
        self._parts = parts
        self._firsts = np.cumsum([0, *(part.rows for part in parts)])
        self._alive = None if alive.all() else alive
        self._rows = len(lengths)
        self._living = int(np.count_nonzero(alive))
        total = int(lengths.sum(where=alive, dtype=np.int64))
        relative = lengths / (total / self._living) if total else np.zeros(len(lengths))
        self._damping = (k1 * (1 - b + b * relative)).astype(np.float32)
        self._weights: dict[str, Weights | None] = {}

    @property
    def rows(self) -> int:
        """Passages, the dead ones included."""
        return self._rows

    def scores(self, tokens: Sequence[str]) -> NDArray[np.float32]:
        """A score for every row, 0 for one that has none of the tokens or is dead. Repeated tokens count again."""
        scores = np.zeros(self._rows, dtype=np.float32)
        for token in tokens:
            if weights := self._weights_of(token):
                np.add.at(scores, weights[0], weights[1])
        return scores

    def bound(self, tokens: Sequence[str]) -> float:
        """What no score for these tokens reaches: the sum of the idf of those that some living passage has."""
        return math.fsum(weights[2] for token in tokens if (weights := self._weights_of(token)))

    def _weights_of(self, term: str) -> Weights | None:
        """Rows that have a term, what each gets for it, and its idf; None when no living row has it."""
        if term not in self._weights:
            self._weights[term] = self._weigh(term)
        return self._weights[term]

    def _weigh(self, term: str) -> Weights | None:
        rows, counts = self._postings(term)
        if self._alive is not None:
            living = self._alive[rows]
            rows, counts = rows[living], counts[living]
        if not len(rows):
            return None
        idf = math.log(1 + (self._living - len(rows) + 0.5) / (len(rows) + 0.5))
        frequency = counts.astype(np.float32)
        weights = self._damping[rows]
        weights += frequency
        np.divide(frequency, weights, out=weights)
        weights *= np.float32(idf)
        return rows, weights, idf

    def _postings(self, term: str) -> tuple[NDArray[np.int32], NDArray[np.unsignedinteger]]:
        rows, counts = [], []
        for part, first in zip(self._parts, self._firsts, strict=False):
            if (number := part.numbers.get(term)) is not None:
                held = slice(part.starts[number], part.starts[number + 1])
                rows.append(part.holders[held] + np.int32(first) if first else part.holders[held])
                counts.append(part.counts[held])
        if len(rows) == 1:
            return rows[0], counts[0]
        if not rows:
            return np.empty(0, dtype=np.int32), np.empty(0, dtype=np.uint8)
        return np.concatenate(rows), np.concatenate(counts)
