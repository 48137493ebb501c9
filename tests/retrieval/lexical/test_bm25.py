import itertools
import threading

import bm25s
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from genops.retrieval.lexical import BM25, Analyzer, Postings

ANALYZER = Analyzer.of("und")
WORDS = ["aa", "bb", "cc", "dd", "ee", "ff"]
texts = st.lists(st.lists(st.sampled_from(WORDS), max_size=12).map(" ".join), max_size=12)
queries = st.lists(st.sampled_from([*WORDS, "zz"]), max_size=6)
k1s, bs = st.sampled_from([0.0, 0.9, 1.5]), st.sampled_from([0.0, 0.4, 0.75, 1.0])


def bm25(rows, k1=1.2, b=0.75):
    return BM25([Postings.of(rows, ANALYZER)], np.ones(len(rows), dtype=bool), k1, b)


def peer_scores(rows, query, k1, b):
    corpus = [ANALYZER.tokens(row) for row in rows]
    peer = bm25s.BM25(method="lucene", k1=k1, b=b, backend="numpy")
    peer.index(corpus, show_progress=False)
    known = [token for token in query if token in peer.vocab_dict]
    return peer.get_scores(known) if known else np.zeros(len(rows), dtype=np.float32)


@settings(max_examples=200, deadline=None)
@given(rows=texts.filter(any), query=queries, k1=k1s, b=bs)
def test_scores_are_those_of_bm25s(rows, query, k1, b):
    np.testing.assert_allclose(bm25(rows, k1, b).scores(query), peer_scores(rows, query, k1, b), rtol=1e-6, atol=1e-6)


@settings(max_examples=200, deadline=None)
@given(data=st.data(), rows=texts, query=queries, k1=k1s, b=bs)
def test_parts_with_dead_rows_score_as_one_fresh_build_of_the_living(data, rows, query, k1, b):
    alive = np.array(data.draw(st.lists(st.booleans(), min_size=len(rows), max_size=len(rows))), dtype=bool)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(rows)), max_size=3)))
    borders = [0, *cuts, len(rows)]
    parts = [Postings.of(rows[a:z], ANALYZER) for a, z in itertools.pairwise(borders)]
    joined = BM25(parts, alive, k1, b)
    fresh = bm25([row for row, living in zip(rows, alive, strict=True) if living], k1, b)
    scores = joined.scores(query)
    np.testing.assert_array_equal(scores[alive], fresh.scores(query))
    assert not scores[~alive].any()
    assert joined.bound(query) == fresh.bound(query)
    compacted = BM25([Postings.joined(parts, alive)], np.ones(int(alive.sum()), dtype=bool), k1, b)
    np.testing.assert_array_equal(compacted.scores(query), fresh.scores(query))


@given(rows=texts, query=queries)
def test_no_score_reaches_the_bound(rows, query):
    scored = bm25(rows)
    bound = scored.bound(query)
    assert bound == 0 or scored.scores(query).max() < bound


def test_a_query_of_unknown_words_scores_nothing():
    scored = bm25(["aa bb", "cc"])
    assert scored.scores(["zz"]).tolist() == [0, 0]
    assert scored.scores([]).tolist() == [0, 0]
    assert scored.bound(["zz"]) == 0


def test_an_index_without_rows_scores_none():
    assert BM25([], np.empty(0, dtype=bool), 1.2, 0.75).scores(["aa"]).shape == (0,)


def test_the_mask_must_fit_the_parts():
    with pytest.raises(ValueError, match="2 rows"):
        BM25([Postings.of(["aa"], ANALYZER)], np.ones(2, dtype=bool), 1.2, 0.75)


def test_mapped_postings_score_the_same(tmp_path):
    rows = ["aa bb aa", "bb cc", "", "aa"]
    postings = Postings.of(rows, ANALYZER)
    postings.save(tmp_path)
    mapped = BM25([Postings.load(tmp_path)], np.ones(4, dtype=bool), 1.2, 0.75)
    assert mapped.scores(["aa", "bb"]).tolist() == bm25(rows).scores(["aa", "bb"]).tolist()


def test_threads_get_what_one_alone_gets():
    rng = np.random.default_rng(0)
    rows = [" ".join(f"w{word}" for word in rng.integers(0, 50, 20)) for _ in range(500)]
    asked = [[f"w{word}" for word in rng.integers(0, 50, 5)] for _ in range(100)]
    expected = [bm25(rows).scores(query).tolist() for query in asked]
    shared, found = bm25(rows), [[] for _ in range(4)]
    threads = [
        threading.Thread(target=lambda mine=mine: mine.extend(shared.scores(query).tolist() for query in asked))
        for mine in found
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(mine == expected for mine in found)
