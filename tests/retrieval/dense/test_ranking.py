import numpy as np
import pytest

from genops.retrieval.dense.ranking import nearest_few


@pytest.mark.parametrize("count", [1, 10, 64, 700, 20_000])
@pytest.mark.parametrize("k", [1, 10, 300])
def test_the_nearest_are_among_few(count, k):
    rng = np.random.default_rng(count + k)
    cosines = rng.normal(0, 0.2, count).clip(-1, 1).astype(np.float32)
    found = nearest_few(cosines, k)
    assert set(np.argsort(-cosines)[:k]) <= set(found)
    assert len(found) <= k + 20


def test_equal_ones_are_all_found():
    cosines = np.tile(np.array([0.5, 0.1, 0.5, -0.3], dtype=np.float32), 1_000)
    assert nearest_few(cosines, 3).tolist() == np.flatnonzero(cosines == 0.5).tolist()
