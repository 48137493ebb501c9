import numpy as np
import pytest

from genops.drift.own_unit import category_change, number_change
from genops.drift.samples import Samples
from genops.stats import Interval

WINDOWS = 400


def test_numbers_change_by_the_differences_of_their_means_and_medians():
    found = number_change(Samples.of_numbers([1.0, 2.0, 6.0], [2.0, 3.0, 4.0, 11.0]))
    assert (found.before.estimate, found.after.estimate) == (3, 5)
    assert found.difference.estimate == 2
    assert found.median.estimate == 1


def test_the_intervals_hold_the_true_change_as_often_as_they_say():
    random = np.random.default_rng(0)
    means = medians = 0
    for _ in range(WINDOWS):
        found = number_change(Samples.of_numbers(random.gamma(2, size=80), 1 + random.gamma(2, size=60)), 0.9)
        means += _holds(found.difference, 1)
        medians += _holds(found.median, 1)
    assert 0.85 <= means / WINDOWS <= 0.95
    assert 0.86 <= medians / WINDOWS <= 0.98


def test_and_so_they_do_where_rows_come_in_groups():
    random = np.random.default_rng(1)
    means = medians = 0
    for _ in range(WINDOWS):
        groups = random.integers(25, size=(2, 100))
        reference, current = (3 * random.normal(size=25)[own] + random.normal(size=100) for own in groups)
        samples = Samples.of_numbers(reference, current + 1, groups=tuple(own.tolist() for own in groups))
        found = number_change(samples, 0.9)
        means += _holds(found.difference, 1)
        medians += _holds(found.median, 1)
    assert 0.84 <= means / WINDOWS <= 0.96
    assert 0.84 <= medians / WINDOWS <= 0.98


def test_a_share_that_was_none_is_told_by_how_many_rows_there_were():
    """Wilson's interval of 0 of 50 ends at z² / (50 + z²)."""
    found = number_change(Samples.of_numbers([0.0] * 50, [0.0] * 45 + [1.0] * 5))
    assert found.before.bounds == pytest.approx((0, 0.0713), abs=1e-3)
    assert found.difference.estimate == pytest.approx(0.1)
    assert found.difference.bounds[0] < 0.1 - 0.0713
    assert found.median is None


def test_a_window_of_equal_numbers_adds_no_spread():
    found = number_change(Samples.of_numbers([7.0] * 30, [7.0, 8.0, 9.0] * 10))
    assert found.before.bounds == (7, 7)
    low, high = found.after.bounds
    assert found.difference.bounds == pytest.approx((low - 7, high - 7))


def test_one_group_tells_no_spread():
    found = number_change(Samples.of_numbers([1.0, 2.0], [3.0, 5.0, 4.0], groups=([0, 0], [0, 1, 2])))
    assert found.difference == Interval(2.5, None, 0.95, 5, "MOVER", found.before.missing, 4)


def test_the_categories_that_moved_most_are_named_with_their_shares():
    samples = Samples.of_categories(["en"] * 80 + ["es"] * 15 + ["pt"] * 5, ["en"] * 50 + ["es"] * 14 + ["id"] * 36)
    found = category_change(samples, shown=3)
    assert [(move.category, move.before.estimate, move.after.estimate) for move in found.categories] == [
        ("id", 0, 0.36),
        ("en", 0.8, 0.5),
        ("pt", 0.05, 0),
    ]
    assert found.categories[1].difference.estimate == pytest.approx(-0.3)
    assert found.categories[1].difference.bounds[1] < -0.15
    assert found.moved.estimate == pytest.approx(0.36, abs=0.05)
    assert _holds(found.moved, 0.36)


def test_under_no_change_nothing_has_moved_on_average():
    random = np.random.default_rng(2)
    moved = []
    for seed in range(200):
        rows = random.zipf(1.5, size=(2, 60)).astype(str).tolist()
        moved.append(category_change(Samples.of_categories(*rows), seed).moved.estimate)
    assert abs(np.mean(moved)) <= 3.5 * np.std(moved) / np.sqrt(200)


def _holds(interval, true):
    return interval.bounds[0] <= true <= interval.bounds[1]
