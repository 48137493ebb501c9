import numpy as np
import pytest

from genops.drift.kernels.discrepancy import discrepancies
from genops.drift.kernels.points import Points, kernel_collection
from genops.drift.relabelling import Relabellings
from genops.drift.samples import Samples
from genops.drift.tests_of_vectors.mmd_agg import mmd_agg
from genops.drift.two_sample import find_test
from tests.drift.tests_of_vectors.clusters import mixtures
from tests.drift.unchanged import KINDS, false_alarms, most


def windows(m=40, n=30, seed=0):
    random = np.random.default_rng(seed)
    return Samples.of_vectors(random.normal(size=(m, 3)), random.normal(0.3, 1, size=(n, 3)))


def rejects(statistics, alpha):
    """Schrab et al. (2023), section 3: the greatest u under which any kernel rejects for at most alpha of relabellings.

    Args:
        statistics: Of every kernel under every relabelling.
        alpha: The level.
    """
    count = statistics.shape[1]
    rejected = np.zeros(count, dtype=bool)
    for kept in range(1, count + 1):  # u = kept / count: a kernel rejects its `kept` most extreme relabellings
        tried = (statistics >= np.sort(statistics, axis=1)[:, -kept, None]).any(axis=0)
        if tried.mean() > alpha:
            break
        rejected = tried
    return bool(rejected[0])


@pytest.mark.parametrize("seed", range(6))
def test_it_rejects_where_a_kernel_is_beyond_its_corrected_level(seed):
    samples = windows(seed=seed)
    relabellings = Relabellings.draw(samples, 199)
    tested = mmd_agg(samples, relabellings, bandwidths=3)
    points = Points.of(samples)
    told = discrepancies(points, relabellings, tested.folds, kernel_collection(points, 3, 0))
    statistics = np.stack([one.statistics for one in told])
    for alpha in np.arange(0.0025, 0.5, 0.005):  # between two possible p-values
        assert (tested.p <= alpha) == rejects(statistics, alpha)


def test_its_statistic_is_minus_the_least_p_value_of_a_kernel():
    samples = windows()
    relabellings = Relabellings.draw(samples, 99)
    tested = mmd_agg(samples, relabellings, bandwidths=3)
    points = Points.of(samples)
    told = discrepancies(points, relabellings, tested.folds, kernel_collection(points, 3, 0))
    assert -tested.statistic == pytest.approx(min(relabellings.p_value(one.statistics) for one in told))
    assert tested.p >= -tested.statistic


@pytest.mark.parametrize("kind", KINDS)
def test_it_keeps_its_level(kind):
    assert false_alarms("mmd_agg", KINDS[kind]) <= most()


def test_it_keeps_its_level_where_rows_come_in_groups():
    assert false_alarms("mmd_agg", KINDS["normal"], groups=10) <= most()


@pytest.mark.slow
def test_it_sees_what_changes_within_a_cluster():
    found = [find_test("mmd_agg").run(mixtures(seed), relabellings=99, seed=seed).p <= 0.05 for seed in range(20)]
    assert np.mean(found) >= 0.8  # the paper has 0.915
