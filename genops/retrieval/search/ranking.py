"""Rankings and their fusion. Scores are similarities from 0 to 1, so that they compare and can be weighed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Rows = NDArray[np.int64]
    Scores = NDArray[np.float64]
    Raw = NDArray[np.floating[Any]]

RRF_K = 60
"""The constant of reciprocal rank fusion (Cormack, Clarke, Büttcher 2009)."""


@dataclass(frozen=True, slots=True)
class Ranker:
    """One ranker's view of some candidates.

    Attributes:
        scores: 0 to 1, one for each candidate.
        raw: The ranker's own numbers.
        ranks: From 1; 0 where the candidate was not among the ranker's best.
    """

    scores: Scores
    raw: Raw
    ranks: NDArray[np.int64]

    def take(self, chosen: Any) -> Ranker:
        """The view of some of the candidates."""
        return Ranker(self.scores[chosen], self.raw[chosen], self.ranks[chosen])


@dataclass(frozen=True, slots=True)
class Ranking:
    """Candidates.

    Attributes:
        rows: Of the corpus.
        scores: 0 to 1.
        rankers: What each ranker says of the same candidates.
    """

    rows: Rows
    scores: Scores
    rankers: dict[str, Ranker] = field(default_factory=dict)

    def take(self, chosen: Any) -> Ranking:
        """Some of the candidates, in a new order."""
        return Ranking(
            self.rows[chosen],
            self.scores[chosen],
            {name: ranker.take(chosen) for name, ranker in self.rankers.items()},
        )

    def by_score(self, ties: Callable[[Rows], NDArray[np.uint64]]) -> Ranking:
        """The candidates from the highest score down; of equal ones, that with the lower of ``ties`` first."""
        import numpy as np

        if (self.scores[1:] < self.scores[:-1]).all():
            return self
        return self.take(np.lexsort((ties(self.rows), -self.scores)))

    def first(self, count: int) -> Ranking:
        """The first candidates."""
        return self if len(self.rows) <= count else self.take(slice(count))

    def scored(self, scores: Scores, rankers: dict[str, Ranker]) -> Ranking:
        """The same candidates with other scores."""
        return Ranking(self.rows, scores, rankers)


def dense_scores(cosines: Any) -> Scores:
    """Cosine similarities as scores: what points away counts as nothing in common."""
    import numpy as np

    scores: Scores = np.minimum(np.maximum(np.asarray(cosines, dtype=np.float64), 0.0), 1.0)
    return scores


def lexical_scores(raw: Any, bound: float) -> Scores:
    """BM25 as scores: the share of the most that any passage could get for these words."""
    import numpy as np

    scores: Scores = np.asarray(raw, dtype=np.float64) / bound if bound > 0 else np.zeros(len(raw))
    return np.clip(scores, 0.0, 1.0)


def ranks_in(rows: Rows, best: Rows) -> NDArray[np.int64]:
    """Rank of each row among a ranker's best, from 1; 0 where it is not one of them."""
    import numpy as np

    order = np.argsort(best, kind="stable")
    places = np.searchsorted(best, rows, sorter=order)
    places = order[np.minimum(places, max(len(best) - 1, 0))] if len(best) else np.zeros(len(rows), dtype=np.int64)
    found = best[places] == rows if len(best) else np.zeros(len(rows), dtype=bool)
    return np.where(found, places + 1, 0)


def weighted(dense: Ranker, lexical: Ranker, dense_weight: float) -> Scores:
    """A convex combination of both scores (Bruch, Gai, Ingber 2023, arXiv:2210.11934)."""
    return dense_weight * dense.scores + (1 - dense_weight) * lexical.scores


def reciprocal(dense: Ranker, lexical: Ranker) -> Scores:
    """Reciprocal rank fusion, as a share of the most that two first places give."""
    import numpy as np

    total = np.zeros(len(dense.ranks))
    for ranker in (dense, lexical):
        total += np.where(ranker.ranks > 0, 1.0 / (RRF_K + ranker.ranks), 0.0)
    return total * (RRF_K + 1) / 2


def diverse(ranking: Ranking, vectors: Any, k: int, diversity: float) -> Ranking:
    """The ``k`` candidates chosen one by one for score and for being unlike those chosen before.

    Maximal marginal relevance (Carbonell and Goldstein 1998). The scores stay what they are.

    Args:
        ranking: Candidates.
        vectors: Their unit vectors.
        k: How many.
        diversity: Weight of being unlike, 0 to 1.
    """
    import numpy as np

    count = len(ranking.rows)
    alike = np.zeros(count)
    left = np.ones(count, dtype=bool)
    chosen: list[int] = []
    while len(chosen) < min(k, count):
        worth = np.where(left, (1 - diversity) * ranking.scores - diversity * alike, -np.inf)
        best = int(np.argmax(worth))
        chosen.append(best)
        left[best] = False
        alike = np.maximum(alike, vectors @ vectors[best])
    return ranking.take(np.array(chosen, dtype=np.int64))
