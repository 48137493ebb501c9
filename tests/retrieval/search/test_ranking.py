import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from genops.retrieval.search.ranking import (
    Ranker,
    Ranking,
    dense_scores,
    diverse,
    lexical_scores,
    ranks_in,
    reciprocal,
    weighted,
)

rows_of = st.lists(st.integers(0, 50), unique=True, max_size=30).map(lambda rows: np.array(rows, dtype=np.int64))


def ranker(scores, ranks):
    return Ranker(np.array(scores), np.array(scores), np.array(ranks))


@given(rows_of, rows_of)
def test_a_rank_is_the_place_among_the_best_or_none(rows, best):
    expected = [list(best).index(row) + 1 if row in best else 0 for row in rows]
    assert list(ranks_in(rows, best)) == expected


@given(st.lists(st.floats(-1, 1), min_size=1), st.floats(0.1, 50))
def test_scores_stay_from_0_to_1_and_keep_their_order(cosines, bound):
    dense = dense_scores(np.array(cosines))
    words = lexical_scores(np.abs(cosines) * bound, bound)
    for scores in (dense, words):
        assert ((scores >= 0) & (scores <= 1)).all()
    for raw, scores in ((np.array(cosines), dense), (np.abs(cosines), words)):
        order = np.argsort(raw, kind="stable")
        assert (np.diff(scores[order]) >= 0).all()


def test_words_that_nobody_has_score_nothing():
    assert list(lexical_scores(np.zeros(3), 0.0)) == [0.0, 0.0, 0.0]


def test_fusions_are_what_their_papers_say():
    dense, words = ranker([0.8, 0.2], [1, 0]), ranker([0.1, 0.9], [2, 1])
    assert weighted(dense, words, 0.75) == pytest.approx([0.625, 0.375])
    assert reciprocal(dense, words) == pytest.approx([(1 / 61 + 1 / 62) * 61 / 2, (1 / 61) * 61 / 2])


def test_the_most_different_come_first_when_diversity_is_all():
    vectors = np.array([[1, 0], [1, 0], [0, 1]], dtype=np.float32)
    ranking = Ranking(np.array([5, 6, 7]), np.array([0.9, 0.8, 0.1]))
    assert list(diverse(ranking, vectors, 3, 0.0).rows) == [5, 6, 7]
    assert list(diverse(ranking, vectors, 2, 0.9).rows) == [5, 7]
    assert sorted(diverse(ranking, vectors, 9, 0.5).rows) == [5, 6, 7]


def test_equal_scores_are_ordered_by_what_is_given_for_ties():
    ranking = Ranking(np.array([1, 2, 3]), np.array([0.5, 0.9, 0.5]))
    assert list(ranking.by_score(lambda rows: 10 - rows).rows) == [2, 3, 1]
