"""Rounded copies name every row that may be among the best, or say that they cannot tell."""

import threading

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from genops.retrieval.dense.coarse import CoarseVectors


def unit(vectors):
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


def best(vectors, query, k, allowed):
    cosines = vectors.astype(np.float64) @ query.astype(np.float64)
    rows = np.flatnonzero(allowed) if allowed is not None else np.arange(len(vectors))
    return set(rows[np.argsort(-cosines[rows], kind="stable")[:k]].tolist())


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 999),
    rows=st.integers(1, 3_000),
    dimension=st.sampled_from([3, 32, 100, 384]),
    k=st.integers(1, 60),
    share=st.none() | st.floats(0, 1),
    spread=st.sampled_from([0.0, 1.0, 3.0]),
)
def test_the_best_rows_are_always_among_those_that_are_named(seed, rows, dimension, k, share, spread):
    random = np.random.default_rng(seed)
    sizes = np.exp(spread * random.standard_normal(dimension))  # dimensions of very different size
    vectors = unit(random.standard_normal((rows, dimension)) * sizes)
    allowed = None if share is None else random.random(rows) < share
    copies = CoarseVectors(vectors)
    for query in unit(random.standard_normal((5, dimension)) * sizes):
        found = copies.nearest(query[None], k, allowed)
        if found is not None:
            assert best(vectors, query, k, allowed) <= set(found.tolist())
            assert len(found) == len(set(found.tolist()))
            assert allowed is None or allowed[found].all()


def test_of_embeddings_few_rows_are_named(clustered):
    vectors = clustered(10_000, dimension=384)
    copies = CoarseVectors(vectors)
    found = [copies.nearest(query[None], 10, None) for query in clustered(50, dimension=384, seed=1)]
    assert np.median([100 if rows is None else len(rows) for rows in found]) < 60


def test_more_equal_rows_than_could_be_told_apart_are_not_told_apart():
    vectors = np.tile(np.eye(4, dtype=np.float32)[:1], (500, 1))
    assert CoarseVectors(vectors).nearest(vectors[:1], 5, None) is None


@pytest.mark.parametrize("share", [None, 0.9, 0.5])
def test_an_index_finds_the_same_before_and_after_it_makes_copies(share, built, clustered):
    vectors = np.concatenate([clustered(4_500), np.tile(clustered(1, seed=5), (300, 1))])
    index = built(vectors, "flat")
    allowed = None if share is None else np.random.default_rng(1).random(len(vectors)) < share
    queries = np.concatenate([clustered(40, seed=3), vectors[-1:]])
    together = index.search(queries, 7, allowed)
    for _ in range(3):
        for at, query in enumerate(queries):
            scores, rows = index.search(query[None], 7, allowed)
            assert rows[0].tolist() == together[1][at].tolist()
            assert scores[0].tolist() == together[0][at].tolist()


@pytest.mark.parametrize(("failing", "given_up"), [(1, True), (2, False)])
def test_copies_that_mostly_cannot_tell_are_asked_no_more(failing, given_up, built, clustered, monkeypatch):
    asked = []

    class Undecided(CoarseVectors):
        def nearest(self, query, k, allowed):
            asked.append(k)
            return None if len(asked) % failing == 0 else super().nearest(query, k, allowed)

    monkeypatch.setattr("genops.retrieval.dense.flat.CoarseVectors", Undecided)
    index, vectors = built(clustered(4_500), "flat"), clustered(4_500)
    for row in range(300):
        assert index.search(vectors[row : row + 1], 3)[1][0][0] == row
    assert (len(asked) < 50) == given_up


def test_threads_that_search_at_once_make_copies_once_and_find_the_same(built, clustered, monkeypatch):
    made = []

    class Counted(CoarseVectors):
        def __init__(self, vectors):
            made.append(len(vectors))
            super().__init__(vectors)

    monkeypatch.setattr("genops.retrieval.dense.flat.CoarseVectors", Counted)
    index, query = built(clustered(5_000), "flat"), clustered(1, seed=2)
    expected = index.search(query, 10)[1][0].tolist()
    found = []
    threads = [
        threading.Thread(target=lambda: found.extend(index.search(query, 10)[1][0].tolist() for _ in range(50)))
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [expected] * 200
    assert made == [5_000]
