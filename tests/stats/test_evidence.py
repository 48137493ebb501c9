"""E-values of paired differences: no evidence without a difference, whenever one stops, and much with one."""

import numpy as np
import pytest

from genops.stats import FiniteDataset, SequentialTest, difference_e_value, draw_order, drawn_weights
from genops.stats.evidence import EVIDENCE

RUNS = 2_000


def test_without_a_difference_its_mean_is_at_most_one():
    random = np.random.default_rng(0)
    found = [difference_e_value(random.choice([-1.0, 0.0, 1.0], 40, p=[0.2, 0.6, 0.2]), 1.0) for _ in range(RUNS)]
    assert np.mean(found) <= 1 + 3 * np.std(found) / np.sqrt(RUNS)
    assert np.mean(np.array(found) >= 20) <= 0.05


def test_who_stops_at_the_best_moment_finds_a_difference_that_is_none_in_one_of_twenty_at_most():
    random = np.random.default_rng(1)
    stopped = 0
    for _ in range(500):
        differences = random.choice([-1.0, 1.0], 200)
        looks = (difference_e_value(differences[:seen], 1.0) for seen in range(10, 201, 10))
        stopped += max(looks) >= 20
    assert stopped / 500 <= 0.05


def test_half_of_a_weighted_draw_finds_no_difference_that_the_whole_does_not_have():
    random = np.random.default_rng(3)
    found = []
    for seed in range(200):
        weights = random.choice([1.0, 10.0], 300)
        heavy = weights == 10
        differences = np.where(heavy, random.choice([-0.5, 0.0], 300, p=[0.2, 0.8]), 0.0)
        differences[~heavy] = -(weights @ differences) / (~heavy).sum()
        drawn = draw_order(weights, seed)[:150]
        counted = drawn_weights(weights[drawn], weights.sum())
        found.append(difference_e_value(np.clip(differences[drawn], -1, 1), 1.0, None, counted) >= 20)
    assert np.mean(found) <= 0.05


def test_a_difference_shows():
    random = np.random.default_rng(2)
    found = [difference_e_value(random.choice([0.0, 1.0], 100, p=[0.8, 0.2]), 1.0) for _ in range(100)]
    assert np.mean(np.array(found) >= 20) > 0.9


def test_neither_order_nor_direction_matter():
    differences = np.random.default_rng(3).uniform(-0.4, 0.8, 300)
    found = difference_e_value(differences, 1.0)
    assert difference_e_value(differences[::-1], 1.0) == pytest.approx(found)
    assert difference_e_value(-differences, 1.0) == pytest.approx(found)
    assert difference_e_value(10 * differences, 10.0) == pytest.approx(found)


def test_it_is_half_of_what_each_gambler_has():
    differences = np.random.default_rng(4).uniform(-0.4, 0.8, 50)
    test = SequentialTest(0.0, FiniteDataset(1e9), ends=(-1.0, 1.0))
    test.update(differences)
    result = test.result()
    assert difference_e_value(differences, 1.0) == pytest.approx((result.e_at_least + result.e_below) / 2, rel=1e-3)


def test_a_cluster_is_one_bet():
    differences = np.random.default_rng(5).uniform(-0.4, 0.8, 50)
    copied = difference_e_value(np.repeat(differences, 4), 1.0, np.repeat(np.arange(50), 4))
    assert copied == pytest.approx(difference_e_value(differences, 1.0))


def test_weights_count():
    differences = np.array([1.0] * 10 + [-1.0] * 10)
    weights = np.array([5.0] * 10 + [1.0] * 10)
    assert difference_e_value(differences, 1.0) < 1
    assert difference_e_value(differences, 1.0, weights=weights) > 3


def test_nothing_is_no_evidence():
    assert difference_e_value([], 1.0) == difference_e_value([0.0] * 9, 1.0) == 1


@pytest.mark.parametrize(
    ("differences", "more"), [([1.5], {}), ([0.5], {"weights": [0.0]}), ([0.5], {"clusters": [1, 2]})]
)
def test_what_is_out_of_range_is_refused(differences, more):
    with pytest.raises(ValueError, match=r"between|above zero|clusters"):
        difference_e_value(differences, 1.0, **more)


def test_many_values_are_bet_on_in_little_memory():
    differences = np.random.default_rng(6).choice([-1.0, 0.0, 1.0], 100_000, p=[0.1, 0.7, 0.2])
    assert difference_e_value(differences, 1.0) > 1e100
    assert "Waudby-Smith" in EVIDENCE
