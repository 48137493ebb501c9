import numpy as np
import pytest

from genops.stats import cluster_quantile_interval
from genops.stats.order_statistics import order_statistic_interval

RUNS = 1_000


def test_of_independent_values_it_is_nearly_that_of_two_order_statistics():
    values = np.random.default_rng(0).normal(size=401)
    found, exact = cluster_quantile_interval(values, 0.5), order_statistic_interval(values, 0.5)
    assert found.estimate == exact.estimate == np.median(values)
    assert found.bounds == pytest.approx(exact.bounds, abs=0.03)


@pytest.mark.parametrize("discrete", [False, True])
def test_it_holds_the_quantile_as_often_as_it_says_where_values_come_in_clusters(discrete):
    random, held = np.random.default_rng(1), 0
    for _ in range(RUNS):
        clusters = random.integers(30, size=120)
        values = random.normal(size=30)[clusters] + random.normal(size=120)
        values = np.floor(values + 0.4) if discrete else values
        low, high = cluster_quantile_interval(values, 0.5, clusters, 0.9).bounds
        held += low <= 0 <= high
    assert held / RUNS >= 0.87
    assert discrete or held / RUNS <= 0.94


def test_values_that_are_all_equal_tell_no_spread():
    found = cluster_quantile_interval([3.0] * 10, 0.5)
    assert (found.estimate, found.bounds) == (3, None)


@pytest.mark.parametrize("quantile", [0, 1])
def test_a_quantile_lies_between_0_and_1(quantile):
    with pytest.raises(ValueError, match="between 0 and 1"):
        cluster_quantile_interval([1.0, 2.0], quantile)
