"""Quantiles of independent values lie between two of the values."""

import numpy as np
import pytest
from scipy import stats

from genops.stats import order_statistics
from genops.stats.order_statistics import order_statistic_interval


def test_the_median_of_a_hundred_lies_between_the_fortieth_and_the_sixty_first():
    found = order_statistic_interval(np.arange(1, 101), 0.5)
    assert found.estimate == 50
    assert found.bounds == (40, 61)  # as in the tables of the sign test


@pytest.mark.parametrize(("quantile", "n"), [(0.5, 30), (0.95, 120), (0.95, 400), (0.1, 80)])
def test_it_holds_the_quantile_as_often_as_it_says(quantile, n):
    random = np.random.default_rng(1)
    truth = stats.lognorm.ppf(quantile, 1)
    drawn = random.lognormal(size=(2_000, n))
    held = [low <= truth <= high for low, high in (order_statistic_interval(row, quantile).bounds for row in drawn)]
    assert np.mean(held) >= 0.94


def test_few_values_tell_nothing_of_a_high_quantile():
    found = order_statistic_interval([1.0, 2.0, 3.0], 0.95)
    assert found.bounds is None
    assert found.missing == "3 values are too few to tell this quantile's spread"


def test_equal_values_have_an_interval_of_no_width():
    assert order_statistic_interval([2.0] * 200, 0.5).bounds == (2.0, 2.0)


@pytest.mark.parametrize("quantile", [0, 1, -0.5])
def test_a_quantile_lies_between_0_and_1(quantile):
    with pytest.raises(ValueError, match="between 0 and 1"):
        order_statistic_interval([1.0, 2.0], quantile)


@pytest.mark.parametrize("n", [1, 7, 40, 1_000, 100_000])
def test_the_ranks_are_those_of_the_binomial_distribution(n):
    for quantile in (0.01, 0.5, 0.95):
        for share in (0.025, 0.975):
            assert order_statistics.binomial_quantile(share, n, quantile) == stats.binom.ppf(share, n, quantile)
