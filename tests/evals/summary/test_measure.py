"""A mean has the interval that suits its values."""

import numpy as np
import pytest
from statsmodels.stats.proportion import proportion_confint

from genops.evals.summary.measure import distribution, mean_measure
from genops.stats import cluster_mean_interval, mean_interval

UNIT = (0.0, 1.0)


def values(*numbers):
    return np.array(numbers, dtype=float)


def test_few_passes_and_failures_have_the_exact_interval_of_a_proportion():
    found = mean_measure(values(*[1] * 9, 0), "share", ends=UNIT)
    assert (found.value, found.n, found.unit) == (0.9, 10, "share")
    assert (found.low, found.high) == pytest.approx(proportion_confint(9, 10, method="beta"))


def test_many_have_wilsons():
    found = mean_measure(values(*[1] * 80, *[0] * 20), "share", ends=UNIT)
    assert (found.low, found.high) == pytest.approx(proportion_confint(80, 100, method="wilson"))


def test_other_scores_have_students_t_within_what_is_possible():
    scores = values(0.9, 1.0, 1.0, 0.7)
    found = mean_measure(scores, "score", ends=UNIT)
    low, high = mean_interval(scores).bounds
    assert high > 1
    assert (found.low, found.high) == (pytest.approx(low), 1.0)
    assert found.method == "Student's t"


def test_clusters_and_weights_are_respected():
    scores, clusters, weights = values(0.1, 0.2, 0.8, 0.9), [0, 0, 1, 2], values(1, 2, 3, 4)
    found = mean_measure(scores, "score", clusters, weights, UNIT)
    expected = cluster_mean_interval(scores, clusters, weights)
    assert found.value == expected.estimate
    assert found.clusters == 3
    assert found.low == max(0.0, expected.bounds[0])


def test_scores_that_are_all_the_best_still_leave_doubt():
    found = mean_measure(values(*[1.0] * 20), "score", clusters=[n // 2 for n in range(20)], ends=UNIT)
    assert found.high == 1
    assert found.low == pytest.approx(proportion_confint(10, 10, method="beta")[0])  # ten clusters, not twenty cases


def test_amounts_are_never_below_their_only_end():
    amounts = values(0.001, 0.001, 0.002, 0.3)
    found = mean_measure(amounts, "s", ends=(0.0, np.inf))
    low, high = mean_interval(amounts).bounds
    assert low < 0
    assert (found.low, found.high) == (0.0, pytest.approx(high))
    assert distribution(amounts, np.arange(4), "s").mean == found
    assert mean_measure(values(0, 0, 0), "s", ends=(0.0, np.inf)).low is None


def test_equal_amounts_tell_nothing_of_their_spread():
    found = mean_measure(values(3, 3, 3), "USD")
    assert found.low is None
    assert "equal" in found.missing


def test_no_values_have_no_mean():
    found = mean_measure(values(), "score")
    assert (found.value, found.n) == (None, 0)
    assert found.missing


def test_a_mean_of_bounded_scores_at_one_end_covers_its_truth():
    random = np.random.default_rng(0)
    held = 0
    for _ in range(400):
        drawn = np.where(random.random(15) < 0.95, 1.0, 0.5)  # mean 0.975
        found = mean_measure(drawn, "score", weights=values(*[1, 2, 3] * 5), ends=UNIT)
        held += found.low is not None and found.low <= 0.975 <= found.high
    assert held / 400 >= 0.9


def test_amounts_have_a_mean_over_cases_and_quantiles_over_samples():
    amounts = values(*range(1, 201), np.nan)
    found = distribution(amounts, np.arange(201), "s")
    assert (found.n, found.unknown, found.total) == (200, 1, 20_100)
    assert found.mean.value == 100.5
    assert (found.p50.value, found.p95.value) == (100, 190)
    assert found.p50.low < 100 < found.p50.high
    assert found.p50.method == "order statistics"
    assert sum(found.histogram.counts) == 200


def test_quantiles_of_repeats_are_told_by_drawing_whole_cases():
    amounts = np.repeat(np.arange(30.0), 3)
    found = distribution(amounts, np.repeat(np.arange(30), 3), "s")
    assert found.mean.n == 30
    assert (found.p50.n, found.p50.clusters) == (90, 30)
    assert "bootstrap of clusters" in found.p50.method


def test_quantiles_are_of_the_weight_of_cases_of_which_each_has_its_repeats_together():
    amounts = values(*[1.0] * 60, *[9.0] * 120)
    cases = np.concatenate([np.arange(60), np.repeat(np.arange(60, 120), 2)])
    found = distribution(amounts, cases, "s", weights=np.repeat([3.0, 1.0], 60))
    assert (found.p50.value, found.p95.value) == (1.0, 9.0)
    assert found.mean.value == pytest.approx(3.0)
    assert distribution(amounts, cases, "s").p50.value == 9.0


def test_amounts_that_are_all_unknown_are_not_zero():
    found = distribution(values(np.nan, np.nan), np.arange(2), "USD")
    assert (found.n, found.unknown) == (0, 2)
    assert found.mean.value is None


def test_a_mean_amount_is_never_below_zero():
    found = distribution(np.array([0.01, 0.01, 0.09]), np.arange(3), "s").mean
    assert found.low == 0.0
    assert found.value == pytest.approx(0.11 / 3)


def test_runs_that_reused_results_count_in_the_total_alone():
    found = distribution(np.array([2.0, 4.0, 0.0]), np.arange(3), "USD", whole=np.array([True, True, False]))
    assert (found.n, found.total, found.mean.value, found.unknown) == (2, 6.0, 3.0, 0)
    assert distribution(np.zeros(1), np.arange(1), "USD", whole=np.array([False])).mean.value is None
