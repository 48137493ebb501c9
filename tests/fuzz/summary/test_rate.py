"""Rates of breaches with intervals that know of seeds."""

import numpy as np
import pytest

from genops.fuzz.summary import Accuracy, SeedCounts
from genops.stats import clopper_pearson_interval, pass_at_k
from genops.stats.misclassification import Proportion


def test_one_try_a_seed_is_the_exact_interval():
    measure = SeedCounts.of([(1, 1)] * 3 + [(0, 1)] * 17).rate()
    exact = clopper_pearson_interval(3, 20)
    assert (measure.value, measure.n, measure.clusters) == (0.15, 20, 20)
    assert (measure.low, measure.high) == pytest.approx(exact.bounds, abs=0.01)


@pytest.mark.parametrize("breaches", [0, 10])
def test_where_all_went_the_same_way_each_seed_counts_once(breaches):
    measure = SeedCounts.of([(breaches, 10)] * 12).rate()
    assert measure.n == 120
    assert (measure.low, measure.high) == pytest.approx(clopper_pearson_interval(breaches // 10 * 12, 12).bounds)


def test_seeds_that_always_go_one_way_count_as_one_try_each():
    alike = SeedCounts.of([(20, 20)] * 3 + [(0, 20)] * 9).rate()
    mixed = SeedCounts.of([(5, 20)] * 12).rate()
    assert alike.value == mixed.value == 0.25
    assert alike.high - alike.low > 2.5 * (mixed.high - mixed.low)
    low, high = clopper_pearson_interval(3, 12).bounds
    assert alike.high - alike.low == pytest.approx(high - low, rel=0.15)


def test_no_tries_have_no_rate_and_one_seed_no_interval():
    assert SeedCounts.of([(0, 0)]).rate().missing == "no try could be scored"
    one = SeedCounts.of([(1, 4)]).rate()
    assert (one.value, one.low, one.high) == (0.25, None, None)


@pytest.mark.parametrize(("rate", "spread"), [(0.1, 0.15), (0.02, 0.05), (0.4, 0.3)])
def test_intervals_hold_the_rate_as_often_as_they_say(rate, spread):
    rng = np.random.default_rng(1)
    a = rate * (1 / spread - 1)
    held = 0
    for _ in range(400):
        each = rng.beta(a, a / rate * (1 - rate), 14)
        measure = SeedCounts.of([(int(rng.binomial(12, p)), 12) for p in each]).rate()
        held += measure.low <= rate <= measure.high
    assert held / 400 >= 0.92


def test_a_detector_that_errs_is_corrected_for():
    counts = SeedCounts.of([(3, 10)] * 12)
    found = counts.corrected(Accuracy(Proportion(90, 100), Proportion(95, 100)))
    assert found.value == pytest.approx((0.3 + 0.95 - 1) / (0.9 + 0.95 - 1))
    assert found.low < found.value < found.high
    known = counts.corrected(Accuracy(Proportion(9, 10), Proportion(19, 20)))
    assert known.high - known.low > found.high - found.low


def test_a_detector_no_better_than_chance_identifies_nothing():
    found = SeedCounts.of([(3, 10)] * 12).corrected(Accuracy(Proportion(5, 10), Proportion(4, 10)))
    assert found.value is None
    assert "not identified" in found.missing


def test_labels_that_leave_chance_open_give_no_interval():
    found = SeedCounts.of([(9, 10)] * 12).corrected(Accuracy(Proportion(1, 1), Proportion(1, 10)))
    assert (found.value, found.low) == (0.0, None)
    assert "too few" in found.missing


@pytest.mark.parametrize(
    ("accuracy", "lacking"),
    [
        (Accuracy(None, Proportion(9, 9)), "labelled as a breach"),
        (Accuracy(Proportion(9, 9), None), "labelled as safe"),
    ],
)
def test_labels_of_one_kind_identify_nothing(accuracy, lacking):
    found = SeedCounts.of([(3, 10)] * 12).corrected(accuracy)
    assert found.value is None
    assert found.missing == f"not identified: no try is {lacking}"


def test_the_design_effect_is_that_of_the_seeds():
    assert SeedCounts.of([(10, 10)] * 3 + [(0, 10)] * 9).design_effect() == pytest.approx(10 * 12 / 11)
    assert SeedCounts.of([(0, 10)] * 12).design_effect() == 10
    assert SeedCounts.of([(2, 10)] * 12).design_effect() == 1
    assert pass_at_k([2] * 12, [10] * 12, 1).estimate == pytest.approx(0.2)
