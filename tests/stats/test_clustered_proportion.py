"""Proportions of clustered trials, with intervals that know of the clusters."""

import numpy as np
import pytest

from genops.stats import ClusteredCounts, clopper_pearson_interval


def interval(*counts):
    return ClusteredCounts.of(counts).interval()


def test_one_trial_a_cluster_is_the_exact_interval():
    found, exact = interval(*[(1, 1)] * 3, *[(0, 1)] * 17), clopper_pearson_interval(3, 20)
    assert (found.estimate, found.n, found.clusters) == (0.15, 20, 20)
    assert found.bounds == pytest.approx(exact.bounds)


@pytest.mark.parametrize("hits", [0, 10])
def test_where_all_went_the_same_way_each_cluster_counts_once(hits):
    found = interval(*[(hits, 10)] * 12)
    assert found.n == 120
    assert found.bounds == pytest.approx(clopper_pearson_interval(hits // 10 * 12, 12).bounds)


def test_clusters_that_always_go_one_way_count_as_one_trial_each():
    alike, mixed = interval(*[(20, 20)] * 3, *[(0, 20)] * 9), interval(*[(5, 20)] * 12)
    assert alike.estimate == mixed.estimate == 0.25
    reach = [high - low for low, high in (alike.bounds, mixed.bounds, clopper_pearson_interval(3, 12).bounds)]
    assert reach[0] > 2.5 * reach[1]
    assert reach[0] == pytest.approx(reach[2], rel=0.15)


def test_one_cluster_tells_no_interval_unless_all_went_the_same_way():
    found = interval((1, 4))
    assert (found.estimate, found.bounds, found.missing) == (0.25, None, "one cluster tells nothing of the spread")
    assert interval((0, 4)).bounds == pytest.approx((0.0, 0.975))


def test_clusters_without_trials_are_left_out_and_no_trials_are_refused():
    assert interval((1, 2), (0, 0), (1, 2)).clusters == 2
    with pytest.raises(ValueError, match="at least one trial"):
        interval((0, 0))
    with pytest.raises(ValueError, match="level"):
        ClusteredCounts.of([(1, 2)]).interval(95)


@pytest.mark.parametrize(("rate", "spread"), [(0.1, 0.15), (0.02, 0.05), (0.4, 0.3)])
def test_intervals_hold_the_rate_as_often_as_they_say(rate, spread):
    rng = np.random.default_rng(1)
    a = rate * (1 / spread - 1)
    held = 0
    for _ in range(400):
        each = rng.beta(a, a / rate * (1 - rate), 14)
        low, high = interval(*((int(rng.binomial(12, p)), 12) for p in each)).bounds
        held += low <= rate <= high
    assert held / 400 >= 0.92


def test_the_design_effect_is_that_of_the_clusters():
    def effect(*counts):
        return ClusteredCounts.of(counts).proportion.design_effect

    assert effect(*[(10, 10)] * 3, *[(0, 10)] * 9) == pytest.approx(10 * 12 / 11)
    assert effect(*[(0, 10)] * 12) == 10
    assert effect(*[(2, 10)] * 12) == 1
    assert effect(*[(1, 1)] * 3, *[(0, 1)] * 9) == 1
