import pytest

from genops.retrieval.dense import KindFigures, bench_kinds
from genops.retrieval.dense.bench import _best


def test_every_kind_is_measured_and_one_is_to_be_taken(clustered, tmp_path):
    seen = []
    figures = bench_kinds(clustered(1500), clustered(20, seed=1), folder=tmp_path, progress=seen.append)
    assert [figure.kind for figure in figures] == seen == ["flat", "ivf_sq8", "hnsw", "ivf_pq"]
    assert figures[0].recall == 1
    assert [figure.take for figure in figures].count(True) == 1
    for figure in figures:
        assert 0.9 < figure.recall <= 1
        assert 0 < figure.median <= figure.p95
        assert 0 < figure.memory <= figure.disk
        assert figure.build > 0
    assert figures[1].memory < figures[0].memory / 2
    assert list(tmp_path.iterdir()) == []


def test_more_hits_than_vectors_are_no_error(clustered):
    assert [figure.recall for figure in bench_kinds(clustered(5), clustered(3, seed=1), kinds=["ivf_sq8"])] == [1, 1]


def figures(kind, recall, p95):
    return KindFigures(kind, recall, p95, p95, 1.0, 1, 1)


@pytest.mark.parametrize(
    ("measured", "best"),
    [
        ([("flat", 1.0, 0.009), ("ivf_sq8", 0.99, 0.001)], "flat"),
        ([("flat", 1.0, 0.011), ("ivf_sq8", 0.94, 0.001), ("hnsw", 0.96, 0.002)], "hnsw"),
        ([("flat", 1.0, 0.080), ("ivf_sq8", 0.99, 0.050), ("hnsw", 0.90, 0.001)], "ivf_sq8"),
    ],
)
def test_the_first_that_is_good_and_fast_is_to_be_taken(measured, best):
    assert _best([figures(*row) for row in measured]).kind == best
