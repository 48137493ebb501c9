import numpy as np
import pytest
from scipy.spatial.distance import cdist

from genops.drift.relabelling import Relabellings
from genops.drift.samples import Samples
from genops.drift.tests_of_vectors.mmd import mmd
from genops.drift.two_sample import find_test
from tests.drift.tests_of_vectors.clusters import mixtures
from tests.drift.unchanged import KINDS, false_alarms, most


def windows(m=50, n=40, shift=0.7, seed=0):
    random = np.random.default_rng(seed)
    return Samples.of_vectors(random.normal(size=(m, 5)), random.normal(shift, 1, size=(n, 5)))


def literal(matrix, current):
    """Gretton et al. (2012), equation 3."""
    x, y = np.flatnonzero(current), np.flatnonzero(~current)
    xx, yy, xy = matrix[np.ix_(x, x)], matrix[np.ix_(y, y)], matrix[np.ix_(x, y)]
    mean = [(part.sum() - np.trace(part)) / (len(part) * (len(part) - 1)) for part in (xx, yy)]
    return sum(mean) - 2 * xy.mean()


@pytest.mark.parametrize(("shape", "metric"), [("gaussian", "euclidean"), ("laplace", "cityblock")])
@pytest.mark.parametrize("bandwidth", [None, 1.3])
def test_it_is_the_unbiased_estimate(shape, metric, bandwidth):
    samples = windows()
    relabellings = Relabellings.draw(samples, 50)
    tested = mmd(samples, relabellings, kernel=shape, bandwidth=bandwidth)
    distances = cdist(samples.values.astype(float), samples.values.astype(float), metric)
    width = bandwidth or np.median(distances[np.triu_indices(90, 1)])
    matrix = np.exp(-(distances**2) / (2 * width**2) if shape == "gaussian" else -np.sqrt(2) * distances / width)
    expected = np.array([literal(matrix, column) for column in relabellings.current.T])
    assert tested.statistic == pytest.approx(expected[0], abs=1e-6)
    assert tested.p == relabellings.p_value(expected)
    assert tested.details == {"bandwidth": pytest.approx(width, rel=1e-6), "exact": True}


def test_the_witness_of_a_row_was_learned_from_other_folds():
    samples = windows()
    tested = mmd(samples, Relabellings.draw(samples, 9), bandwidth=2.0)
    matrix = np.exp(-cdist(samples.values.astype(float), samples.values.astype(float), "sqeuclidean") / 8)
    for row in range(samples.n):
        out = tested.folds != tested.folds[row]
        now, then = (matrix[row, out & side].mean() for side in (samples.is_current, ~samples.is_current))
        assert tested.witness[row] == pytest.approx(now - then, abs=1e-6)


def test_a_matrix_beyond_the_stated_memory_is_approximated():
    samples = windows(300, 300, shift=0.3)
    exact, approximate = (
        find_test("mmd").run(samples, {"memory_mib": mib}, relabellings=99, seed=3) for mib in (256, 0)
    )
    assert (exact.details["exact"], approximate.details["exact"]) == (True, False)
    assert approximate.p == exact.p == 0.01
    assert approximate.statistic == pytest.approx(exact.statistic, rel=0.3)
    assert approximate.separation.estimate == pytest.approx(exact.separation.estimate, abs=0.1)


@pytest.mark.parametrize("shape", ["gaussian", "laplace"])
@pytest.mark.parametrize("kind", KINDS)
def test_it_keeps_its_level(kind, shape):
    assert false_alarms("mmd", KINDS[kind], settings={"kernel": shape}) <= most()


@pytest.mark.parametrize("memory_mib", [0, 256])
def test_it_keeps_its_level_where_rows_come_in_groups(memory_mib):
    assert false_alarms("mmd", KINDS["normal"], groups=10, settings={"memory_mib": memory_mib}) <= most()


def test_it_keeps_its_level_by_fourier_features():
    assert false_alarms("mmd", KINDS["discrete"], settings={"memory_mib": 0, "kernel": "laplace"}) <= most()


def test_the_median_distance_is_blind_to_what_changes_within_a_cluster():
    found = [find_test("mmd").run(mixtures(seed), relabellings=199, seed=seed).p <= 0.05 for seed in range(40)]
    assert sum(found) <= 10  # the paper has 0.05
    assert find_test("mmd").run(mixtures(0), {"bandwidth": 0.5}, relabellings=199).p <= 0.05
