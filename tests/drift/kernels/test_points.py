import numpy as np
import pytest
from scipy.spatial.distance import pdist

from genops.drift.kernels.points import Points, kernel_collection, median_kernel
from genops.drift.samples import Samples


def points(rows, half=None):
    half = len(rows) // 2 if half is None else half
    return Points.of(Samples.of_vectors(rows[:half], rows[half:]))


def some(n=60, d=4, seed=0):
    return np.random.default_rng(seed).normal(size=(n, d)).astype(np.float32)


def test_points_are_around_their_centre_and_within_the_unit_cube():
    moved = points(5 + 3 * some())[:]
    assert moved.mean(axis=0) == pytest.approx(np.zeros(4), abs=1e-12)
    assert np.abs(moved).max() == 1


@pytest.mark.parametrize(("shape", "metric"), [("gaussian", "euclidean"), ("laplace", "cityblock")])
def test_bandwidths_are_quantiles_of_the_distances(shape, metric):
    rows = some()
    made = points(rows)
    distances = np.sort(pdist(rows.astype(float), metric))
    kernels = [kernel for kernel in kernel_collection(made, 10, seed=0) if kernel.shape == shape]
    widths = [kernel.bandwidth * made.scale for kernel in kernels]
    low, high = distances[int(0.05 * len(distances))], distances[int(0.95 * len(distances))]
    assert widths == pytest.approx(np.linspace(low / 2, 2 * high, 10), rel=1e-6)
    assert median_kernel(made, shape, 0).bandwidth * made.scale == pytest.approx(np.median(distances), rel=1e-6)


def test_many_equal_rows_do_not_give_a_bandwidth_of_0():
    rows = np.repeat(some(4), 100, axis=0)
    rows[:380] = rows[0]
    for kernel in (median_kernel(points(rows), "gaussian", 0), *kernel_collection(points(rows), 5, 0)):
        assert kernel.bandwidth > 0


def test_nor_do_they_where_only_some_rows_are_looked_at():
    rows = np.zeros((50_000, 2), dtype=np.float32)
    rows[40_000] = 3
    assert median_kernel(points(rows), "laplace", 0).bandwidth > 0


def test_distances_within_a_group_tell_nothing_of_the_windows():
    random = np.random.default_rng(0)
    names = np.arange(40) % 4
    rows = [random.normal(size=(4, 3))[names] + 1e-3 * random.normal(size=(40, 3)) for _ in range(2)]
    made = Points.of(Samples.of_vectors(*rows, groups=(names.tolist(), names.tolist())))
    assert made.distances("gaussian", 0).min() * made.scale > 0.1


def test_there_is_no_kernel_where_all_rows_are_equal():
    rows = np.full((30, 3), 0.1, dtype=np.float32)
    assert median_kernel(points(rows), "gaussian", 0) is None
    assert kernel_collection(points(rows), 10, 0) == []


def test_drawn_rows_tell_the_same_bandwidth_nearly():
    rows = some(6_000)
    drawn = median_kernel(points(rows), "gaussian", 0)
    every = np.median(pdist(points(rows)[:]))
    assert drawn.bandwidth == pytest.approx(every, rel=0.03)


@pytest.mark.parametrize("unit", [1e-30, 1e30])
def test_the_unit_of_the_vectors_does_not_matter(unit):
    one, other = (kernel_collection(points(some() * np.float32(u)), 3, 0) for u in (1, unit))
    assert [kernel.bandwidth for kernel in one] == pytest.approx([kernel.bandwidth for kernel in other], rel=1e-5)
