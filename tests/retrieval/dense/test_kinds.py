"""What every kind of index promises, whichever it is."""

import threading

import numpy as np
import pytest

from genops.errors import InputError, SnapshotError
from genops.retrieval.dense import open_dense, write_dense

KINDS = ["flat", "hnsw", "ivf_sq8", "ivf_pq"]
APPROXIMATE = KINDS[1:]


def recall(found, truth):
    pairs = zip(found[1], truth[1], strict=True)
    return np.mean([len(set(mine) & set(best)) / len(set(best) - {-1}) for mine, best in pairs])


@pytest.mark.parametrize("kind", APPROXIMATE)
def test_nearly_all_of_the_best_are_found_and_scored_as_exact_search_does(kind, build_once, clustered):
    queries = clustered(50, seed=1)
    found, truth = (build_once(name).search(queries, 10) for name in (kind, "flat"))
    assert recall(found, truth) > 0.95
    for rows, scores, best, exact in zip(found[1], found[0], truth[1], truth[0], strict=True):
        known = dict(zip(best.tolist(), exact.tolist(), strict=True))
        assert all(known.get(row, score) == score for row, score in zip(rows.tolist(), scores.tolist(), strict=True))
        assert (np.diff(scores) <= 0).all()


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("share", [0.9, 0.5, 0.1, 0.02, 0.001])
def test_a_filter_acts_before_the_choice_of_the_best(kind, share, build_once, clustered):
    queries = clustered(20, seed=1)
    allowed = np.random.default_rng(2).random(4000) < share
    found, truth = (build_once(name).search(queries, 10, allowed) for name in (kind, "flat"))
    wanted = min(10, int(allowed.sum()))
    for rows in found[1]:
        assert (rows[:wanted] >= 0).all()
        assert (rows[wanted:] == -1).all()
        assert len(set(rows[:wanted])) == wanted
        assert allowed[rows[:wanted]].all()
    assert recall(found, truth) > 0.95


@pytest.mark.parametrize("kind", KINDS)
def test_a_filter_that_leaves_only_what_is_far_away_loses_nothing(kind, build_once, clustered):
    vectors = clustered(4000)
    query = vectors[:1]
    allowed = (vectors @ query[0]) < 0
    _, rows = build_once(kind).search(query, 50, allowed)
    assert (rows[0] >= 0).all()
    assert allowed[rows[0]].all()


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("count", [1, 2, 30, 300])
def test_every_kind_can_be_built_of_a_few_vectors(kind, count, built, clustered):
    vectors = clustered(count)
    index = built(vectors, kind)
    assert (index.kind, index.rows, index.dimension) == (kind, *vectors.shape)
    scores, rows = index.search(vectors[:1], count + 3)
    assert sorted(rows[0, :count]) == list(range(count))
    assert rows[0, count:].tolist() == [-1] * 3
    assert scores[0, 0] == pytest.approx(1, abs=1e-6)


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_allowed_is_nothing_found(kind, build_once, clustered):
    scores, rows = build_once(kind).search(clustered(2), 3, np.zeros(4000, dtype=bool))
    assert (rows == -1).all()
    assert np.isneginf(scores).all()


@pytest.mark.parametrize("kind", KINDS)
def test_all_vectors_may_be_the_same(kind, built):
    vectors = np.tile(np.array([[0.6, 0.8, 0, 0]], dtype=np.float32), (500, 1))
    scores, rows = built(vectors, kind).search(vectors[:1], 3)
    assert scores[0] == pytest.approx(1, abs=1e-6)
    assert len(set(rows[0].tolist())) == 3


@pytest.mark.parametrize("kind", KINDS)
def test_rows_give_their_vectors_back(kind, build_once, clustered):
    vectors = clustered(4000)
    rows = np.array([399, 0, 7])
    np.testing.assert_array_equal(build_once(kind).vectors(rows), vectors[rows])


@pytest.mark.parametrize("kind", KINDS)
def test_threads_get_what_one_alone_gets(kind, build_once, clustered):
    queries = clustered(40, seed=1)
    allowed = np.random.default_rng(2).random(4000) < 0.5
    index = build_once(kind)
    expected = [index.search(query[None], 5, allowed) for query in queries]
    wrong = []

    def work():
        for query, (scores, rows) in zip(queries, expected, strict=True):
            found = index.search(query[None], 5, allowed)
            if not (np.array_equal(found[0], scores) and np.array_equal(found[1], rows)):
                wrong.append(found)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


@pytest.mark.parametrize("kind", ["flat", "ivf_sq8", "ivf_pq"])
def test_the_same_vectors_give_the_same_bytes(kind, clustered, tmp_path):
    mapped = tmp_path / "vectors.npy"
    np.save(mapped, clustered(3000))
    for name, vectors in (("a", clustered(3000)), ("b", np.load(mapped, mmap_mode="r"))):
        (tmp_path / name).mkdir()
        names = write_dense(tmp_path / name, vectors, kind)
    for name in names:
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()


@pytest.mark.parametrize("kind", KINDS)
def test_no_index_is_built_of_what_is_not_a_unit_vector(kind, clustered, tmp_path):
    vectors = clustered(300)
    vectors[123, 3] = np.nan
    with pytest.raises(InputError, match="vector 123 holds what is not a finite number"):
        write_dense(tmp_path, vectors, kind)


@pytest.mark.parametrize("kind", APPROXIMATE)
def test_an_approximate_index_needs_a_vector(kind, tmp_path):
    with pytest.raises(InputError, match="no vectors"):
        write_dense(tmp_path, np.empty((0, 8), dtype=np.float32), kind)


def test_an_index_is_opened_as_what_it_is(clustered, tmp_path):
    write_dense(tmp_path, clustered(300), "hnsw")
    with pytest.raises(SnapshotError, match=r"IndexHNSWFlat of 300 vectors .* where a IndexFlatIP"):
        open_dense(tmp_path, "flat", 300, 32)
