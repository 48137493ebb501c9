import numpy as np
import pytest
from scipy.spatial.distance import cdist

from genops.drift.kernels.distances import cityblock, squared_euclidean


def rows(n, d, seed=0):
    return np.random.default_rng(seed).normal(size=(n, d)).astype(np.float32)


@pytest.mark.parametrize("d", [1, 2, 7, 384])
def test_they_are_the_distances(d):
    one, other = rows(30, d), rows(40, d, seed=1)
    assert squared_euclidean(one, other) == pytest.approx(cdist(one, other, "sqeuclidean"), rel=1e-6)
    assert cityblock(one, other) == pytest.approx(cdist(one, other, "cityblock"), rel=1e-6)


@pytest.mark.parametrize("distance", [squared_euclidean, cityblock])
def test_equal_rows_have_none_wherever_they_stand(distance):
    some = np.tile(rows(50, 384) * np.float32(1e3), (7, 1))
    told = distance(some, some)
    equal = np.arange(350) % 50 == (np.arange(350) % 50)[:, None]
    assert not told[equal].any()
    assert (told[~equal] > 0).all()


def test_small_distances_of_small_vectors_stand_beside_large_ones():
    some = np.array([[1e-6, 0], [2e-6, 0], [1.0, 0]])
    assert squared_euclidean(some, some)[0] == pytest.approx([0, 1e-12, 1], rel=1e-4)
