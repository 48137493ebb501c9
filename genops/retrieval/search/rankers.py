"""Candidates of one query: by vectors, by words, by both; and those of several queries joined."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from genops.index_settings import SearchSettings
from genops.retrieval.filters import Filter
from genops.retrieval.search.corpus import Best, Corpus, Words
from genops.retrieval.search.ranking import (
    Ranker,
    Ranking,
    dense_scores,
    lexical_scores,
    ranks_in,
    reciprocal,
    weighted,
)

if TYPE_CHECKING:
    from genops.retrieval.embedders.embedder import Vectors


def by_vectors(best: Best) -> Ranking:
    """The nearest vectors."""
    import numpy as np

    scores = dense_scores(best.raw)
    ranker = Ranker(scores, best.raw, np.arange(1, len(best.rows) + 1))
    return Ranking(best.rows, scores, {"dense": ranker})


def by_words(words: Words, depth: int, where: Filter | None) -> Ranking:
    """The highest BM25 scores."""
    import numpy as np

    best = words.best(depth, where)
    scores = lexical_scores(best.raw, words.bound)
    ranker = Ranker(scores, best.raw, np.arange(1, len(best.rows) + 1))
    return Ranking(best.rows, scores, {"bm25": ranker})


def by_both(
    corpus: Corpus, words: Words, vector: Vectors, nearest: Best, depth: int, where: Filter | None, how: SearchSettings
) -> Ranking:
    """The candidates of either ranker, each with the true scores of both."""
    import numpy as np

    worded = words.best(depth, where)
    rows = np.union1d(nearest.rows, worded.rows)
    cosines, bm25 = corpus.cosines(vector, rows), words.scores(rows)
    dense = Ranker(dense_scores(cosines), cosines, ranks_in(rows, nearest.rows))
    lexical = Ranker(lexical_scores(bm25, words.bound), bm25, ranks_in(rows, worded.rows))
    scores = reciprocal(dense, lexical) if how.fusion == "rrf" else weighted(dense, lexical, how.dense_weight)
    return Ranking(rows, scores, {"dense": dense, "bm25": lexical})


def joined(rankings: Sequence[Ranking]) -> Ranking:
    """One ranking of several queries' candidates: each row as the query that it fits best has it."""
    import numpy as np

    if len(rankings) == 1:
        return rankings[0]
    rows = np.concatenate([ranking.rows for ranking in rankings])
    scores = np.concatenate([ranking.scores for ranking in rankings])
    names = rankings[0].rankers
    rankers = {
        name: Ranker(
            np.concatenate([ranking.rankers[name].scores for ranking in rankings]),
            np.concatenate([ranking.rankers[name].raw for ranking in rankings]),
            np.concatenate([ranking.rankers[name].ranks for ranking in rankings]),
        )
        for name in names
    }
    best_first = Ranking(rows, scores, rankers).take(np.argsort(-scores, kind="stable"))
    return best_first.take(np.unique(best_first.rows, return_index=True)[1])
