import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from genops.errors import InputError, SnapshotError
from genops.retrieval.dense import open_dense, write_dense


def brute_force(vectors, query, k, allowed=None):
    cosines = (vectors.astype(np.float64) @ query.astype(np.float64)).clip(-1, 1).astype(np.float32)
    rows = [row for row in range(len(vectors)) if allowed is None or allowed[row]]
    rows.sort(key=lambda row: (-cosines[row], row))
    return [(row, float(cosines[row])) for row in rows[:k]]


def hits(found, query):
    scores, rows = found
    return [(int(row), float(score)) for row, score in zip(rows[query], scores[query], strict=True) if row >= 0]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data(), rows=st.integers(0, 60), k=st.integers(1, 70), queries=st.integers(1, 3))
def test_the_best_allowed_rows_are_found_in_order(data, rows, k, queries, built):
    rng = np.random.default_rng(data.draw(st.integers(0, 99)))
    vectors = rng.integers(-1, 2, (rows, 3)) + np.array([0, 0, 0.5])  # few distinct vectors: many equal scores
    vectors = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)
    asked = rng.standard_normal((queries, 3))
    asked = (asked / np.linalg.norm(asked, axis=1, keepdims=True)).astype(np.float32)
    allowed = data.draw(st.none() | st.lists(st.booleans(), min_size=rows, max_size=rows).map(np.array))
    allowed = None if allowed is None else allowed.astype(bool)
    found = built(vectors, "flat").search(asked, k, allowed)
    assert found[0].shape == found[1].shape == (queries, k)
    for at in range(queries):
        assert hits(found, at) == brute_force(vectors, asked[at], k, allowed)


def test_hits_that_are_not_there_are_said_to_be_none(built):
    scores, rows = built(np.eye(2, dtype=np.float32), "flat").search(np.eye(2, dtype=np.float32)[:1], 4)
    assert rows.tolist() == [[0, 1, -1, -1]]
    assert scores.tolist() == [[1.0, 0.0, -np.inf, -np.inf]]


def test_a_query_alone_scores_as_one_among_many(built, clustered):
    vectors = clustered(2000)
    index = built(vectors, "flat")
    together = index.search(vectors[:100], 5)
    for at in range(0, 100, 7):
        alone = index.search(vectors[at : at + 1], 5)
        assert hits(alone, 0) == hits(together, at)


def test_rows_give_their_vectors_back(built, clustered):
    vectors = clustered(100)
    rows = np.array([7, 3, 99])
    np.testing.assert_array_equal(built(vectors, "flat").vectors(rows), vectors[rows])


def test_the_file_is_one_of_faiss(clustered, tmp_path):
    import faiss

    vectors = clustered(40_000, dimension=8)
    assert write_dense(tmp_path, vectors, "flat") == ["index.faiss"]
    index = faiss.read_index(str(tmp_path / "index.faiss"))
    assert isinstance(index, faiss.IndexFlatIP)
    np.testing.assert_array_equal(index.reconstruct_n(0, index.ntotal), vectors)


@pytest.mark.parametrize(
    ("value", "message"),
    [(np.nan, "not a finite number"), (np.inf, "not a finite number"), (0.0, "all zero"), (2.0, "has length 2")],
)
def test_a_vector_that_is_no_unit_vector_is_an_error_with_its_row(value, message, tmp_path):
    vectors = np.tile(np.array([1, 0], dtype=np.float32), (20_000, 1))
    vectors[17_000, 0] = value
    with pytest.raises(InputError, match=rf"vector 17000 .*{message}"):
        write_dense(tmp_path, vectors, "flat")


@pytest.mark.parametrize(
    ("query", "k", "message"),
    [
        ([[np.nan, 1.0]], 1, "not a finite number"),
        ([[0.0, 0.0]], 1, "all zero"),
        ([[1.0, 0.0, 0.0]], 1, "vectors of 3 numbers where 2 are needed"),
        ([1.0, 0.0], 1, "vectors of 2 numbers"),
        ([[1.0, 0.0]], 0, "0 hits"),
    ],
)
def test_a_query_that_cannot_be_searched_is_an_error(query, k, message, built):
    with pytest.raises(InputError, match=message):
        built(np.eye(2, dtype=np.float32), "flat").search(np.array(query, dtype=np.float32), k)


@pytest.mark.parametrize("damage", ["missing", "empty", "text", "cut", "rows", "dimension"])
def test_a_damaged_file_is_an_error(damage, clustered, tmp_path):
    vectors = clustered(50)
    write_dense(tmp_path, vectors, "flat")
    path, rows, dimension = tmp_path / "index.faiss", *vectors.shape
    match damage:
        case "missing":
            path.unlink()
        case "empty":
            path.write_bytes(b"")
        case "text":
            path.write_bytes(b"no index at all")
        case "cut":
            path.write_bytes(path.read_bytes()[:-100])
        case "rows":
            rows += 1
        case _:
            dimension += 1
    with pytest.raises(SnapshotError):
        open_dense(tmp_path, "flat", rows, dimension)
