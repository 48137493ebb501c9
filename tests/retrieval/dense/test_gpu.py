"""The way to a GPU, walked with the CPU's index in its place: FAISS's build for CPUs has no other."""

import numpy as np
import pytest

from genops.retrieval.dense import gpu
from genops.retrieval.dense.library import faiss_library


@pytest.fixture
def copied(monkeypatch):
    """Lets a GPU be found, and says which indexes were copied to it."""
    faiss, copies = faiss_library(), []

    def copy(resources, device, index):
        copies.append(type(index).__name__)
        return index

    monkeypatch.setattr(faiss, "StandardGpuResources", object, raising=False)
    monkeypatch.setattr(faiss, "get_num_gpus", lambda: 1, raising=False)
    monkeypatch.setattr(faiss, "index_cpu_to_gpu", copy, raising=False)
    return copies


@pytest.mark.parametrize(("kind", "copy"), [("flat", "IndexFlatIP"), ("ivf_sq8", "IndexIVFScalarQuantizer")])
def test_searches_without_a_filter_go_to_the_gpu(kind, copy, copied, built, clustered):
    vectors, queries = clustered(4000), clustered(5, seed=1)
    expected = built(vectors, "flat").search(queries, 5)
    copied.clear()
    index = built(vectors, kind)
    assert copied == []
    for _ in range(2):
        found = index.search(queries, 5)
        np.testing.assert_array_equal(found[1], expected[1])
        np.testing.assert_array_equal(found[0], expected[0])
    assert copied == [copy]


def test_filters_and_long_lists_stay_on_the_cpu(copied, built, clustered):
    index = built(clustered(4000), "flat")
    index.search(clustered(1), 5, np.ones(4000, dtype=bool))
    index.search(clustered(1), 3000)
    assert copied == []


def test_an_index_that_no_gpu_can_hold_stays_on_the_cpu(copied, built, clustered, monkeypatch):
    def refuse(resources, device, index):
        raise RuntimeError("Number of sub-quantizers not supported")

    monkeypatch.setattr(faiss_library(), "index_cpu_to_gpu", refuse)
    _, rows = built(clustered(300), "flat").search(clustered(300)[:1], 1)
    assert rows.tolist() == [[0]]


def test_without_a_gpu_nothing_is_copied(monkeypatch):
    monkeypatch.setattr(faiss_library(), "get_num_gpus", lambda: 0, raising=False)
    assert not gpu.Gpu(None).takes(1, None)
