"""The interval of a running mean holds at all times at once, however the mean moves meanwhile."""

from math import exp, inf, log

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from genops.stats import clopper_pearson_interval, running_mean_interval

LOOKS = (5, 10, 20, 50, 100, 150, 200, 300, 400)


def moving(kind, rng):
    """Means of 400 units."""
    match kind:
        case "still":
            return np.full(400, 0.9)
        case "falls":
            return np.where(np.arange(400) < 200, 0.95, 0.4)
        case "slides":
            return np.linspace(0.9, 0.2, 400)
        case _:
            return np.where(rng.random() < 0.5, 0.2, 0.8) + 0.15 * np.sin(np.arange(400) / 9)


@pytest.mark.parametrize("kind", ["still", "falls", "slides", "swings"])
def test_it_holds_at_all_times_however_the_mean_moves(kind):
    rng, missed = np.random.default_rng(7), 0
    for _ in range(200):
        means = moving(kind, rng)
        values = (rng.random(400) < means).astype(float)
        found = [(running_mean_interval(values[:n]).bounds, means[:n].mean()) for n in LOOKS]
        missed += any(not low <= mean <= high for (low, high), mean in found)
    assert missed <= 17  # of 200 at 5%, exceeded by chance in 1 of 100


def test_it_holds_for_values_that_weigh_by_how_they_were_drawn():
    rng, missed = np.random.default_rng(8), 0
    for _ in range(200):
        rates = np.where(rng.random(600) < 0.3, 1.0, 0.25)
        means = np.where(np.arange(600) < 300, 0.9, 0.6) - 0.3 * (rates == 1)
        drawn = rng.random(600) < rates
        values = rng.beta(20 * means, 20 * (1 - means))[drawn]
        low, high = running_mean_interval(values, 1 / rates[drawn], 4.0).bounds
        missed += not low <= means[drawn] @ (1 / rates[drawn]) / (1 / rates[drawn]).sum() <= high
    assert missed <= 17


def test_a_fall_in_the_middle_leaves_an_interval_around_the_mean():
    found = running_mean_interval([1.0] * 100 + [0.0] * 100)
    low, high = found.bounds
    assert (found.estimate, found.n) == (0.5, 200)
    assert 0.35 < low < 0.5 < high < 0.65


def test_it_pays_for_holding_at_all_times_with_less_than_twice_the_width():
    rng = np.random.default_rng(9)
    for n in (50, 200, 1_000):
        good = int((rng.random(n) < 0.9).sum())
        once = clopper_pearson_interval(good, n).bounds
        always = running_mean_interval([1.0] * good + [0.0] * (n - good)).bounds
        assert once[1] - once[0] < always[1] - always[0] < 2.2 * (once[1] - once[0])


def test_values_that_vary_little_have_a_narrow_one():
    rng = np.random.default_rng(10)
    low, high = running_mean_interval(rng.beta(400, 100, 1_000)).bounds
    assert high - low < 0.02
    coins = running_mean_interval((rng.random(1_000) < 0.8).astype(float)).bounds
    assert high - low < (coins[1] - coins[0]) / 3


def literal(values, weights, largest, mean, sign):
    """The formulas, one unit after the other."""
    a = [weight / largest * value for value, weight in zip(values, weights, strict=True)]
    b = [weight / largest for weight in weights]
    deviations, squares = 0.0, 0.0
    for i in range(len(a)):
        predicted = (0.5 + sum(a[:i])) / (i + 1) - mean * (1 + sum(b[:i])) / (i + 1)
        deviations += a[i] - mean * b[i]
        squares += (a[i] - mean * b[i] - predicted) ** 2
    n, share, grown = len(a), mean if sign > 0 else 1 - mean, 0.0
    harmonic = sum(1 / k for k in range(1, 11))
    for k in range(10):
        steep, coin = 0.9 / 2**k, 6.0 / 2**k
        first = exp(steep * sign * deviations + (log(1 - steep) + steep) * squares) / (k + 1) / harmonic
        second = exp(coin * (sign * deviations + n * share) - n * log(1 + share * (exp(coin) - 1))) / 10
        grown += (first + second) / 2
    return grown


def test_its_ends_are_where_the_formulas_reach_the_bound():
    values, weights = [0.9, 0.2, 1.0, 0.7, 0.8, 0.6, 0.9, 1.0, 0.95, 0.8] * 3, [1.0, 4.0, 2.0] * 10
    low, high = running_mean_interval(values, weights, 4.0).bounds
    assert literal(values, weights, 4.0, low, 1) == pytest.approx(40, rel=1e-4)
    assert literal(values, weights, 4.0, high, -1) == pytest.approx(40, rel=1e-4)


@given(st.lists(st.floats(0, 1), min_size=1, max_size=60), st.floats(-5, 5), st.floats(0.1, 9))
def test_it_holds_the_estimate_mirrors_and_moves_with_the_scale(values, start, width):
    found = running_mean_interval(values)
    low, high = found.bounds
    assert 0 <= low <= found.estimate <= high <= 1
    mirrored = running_mean_interval([1 - value for value in values]).bounds
    assert mirrored == pytest.approx((1 - high, 1 - low), abs=1e-6)
    moved = running_mean_interval(
        [start + width * value for value in values], ends=(start, start + width * (1 + 1e-12))
    )
    assert moved.bounds == pytest.approx((start + width * low, start + width * high), abs=1e-5)


@pytest.mark.parametrize(
    ("values", "more", "said"),
    [
        ([], {}, "no values"),
        ([1.5], {}, "lies between 0.0 and 1.0"),
        ([inf], {}, "lies between"),
        ([0.5], {"weights": [3.0], "largest_weight": 2.0}, "more than 2"),
        ([0.5], {"weights": [0.0]}, "above zero"),
        ([0.5], {"level": 1.0}, "level"),
    ],
)
def test_what_is_no_sample_is_refused(values, more, said):
    with pytest.raises(ValueError, match=said):
        running_mean_interval(values, **more)
