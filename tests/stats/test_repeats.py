from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from genops.stats import mean_interval, pass_at_k, pass_hat_k


@given(st.lists(st.booleans(), min_size=3, max_size=7), st.integers(1, 3))
def test_they_are_the_shares_of_the_choices_of_tries(tries, k):
    choices = list(combinations(tries, k))
    counts = [sum(tries)], [len(tries)], k
    assert pass_at_k(*counts).estimate == pytest.approx(np.mean([any(choice) for choice in choices]))
    assert pass_hat_k(*counts).estimate == pytest.approx(np.mean([all(choice) for choice in choices]))


def test_they_are_without_bias():
    """Cases of different difficulty, 5 tries each: 1 - (1 - p)^3 and p^3 on average."""
    random = np.random.default_rng(0)
    chance = random.uniform(size=20_000)
    passed = random.binomial(5, chance)
    tries = np.full(20_000, 5)
    assert pass_at_k(passed, tries, 3).estimate == pytest.approx((1 - (1 - chance) ** 3).mean(), abs=0.01)
    assert pass_hat_k(passed, tries, 3).estimate == pytest.approx((chance**3).mean(), abs=0.01)


def test_one_try_is_the_mean_of_the_shares_of_the_cases():
    successes, tries = [1, 4, 2, 0], [4, 4, 2, 3]
    shares = np.divide(successes, tries)
    for found in (pass_at_k(successes, tries, 1), pass_hat_k(successes, tries, 1)):
        assert found.estimate == pytest.approx(shares.mean())
        assert found.bounds == pytest.approx(mean_interval(shares).within(0, 1).bounds)


def test_no_probability_is_above_one():
    assert pass_at_k([4, 4, 4, 1], [4, 4, 4, 4], 2).bounds[1] == 1
    assert pass_hat_k([0, 0, 0, 3], [4, 4, 4, 4], 2).bounds[0] == 0


def test_they_say_what_they_are():
    found = pass_hat_k([3, 1, 2], [3, 3, 3], 2, clusters=["a", "b", "b"], level=0.9)
    assert found.method.startswith("unbiased pass^2")
    assert (found.level, found.n, found.clusters) == (0.9, 3, 2)


def test_many_tries_are_no_trouble():
    assert pass_at_k([1], [100_000], 50_000).estimate == pytest.approx(0.5)


@pytest.mark.parametrize("estimate", [pass_at_k, pass_hat_k])
@pytest.mark.parametrize(
    ("successes", "tries", "k", "complaint"),
    [
        ([], [], 1, "at least one case"),
        ([1], [2, 2], 1, "each case"),
        ([1, 1], [3, 2], 3, "k = 3 tries, and one has 2"),
        ([1], [2], 0, "k = 0"),
        ([3], [2], 1, "more successes"),
    ],
)
def test_what_was_not_tried_enough_is_refused(estimate, successes, tries, k, complaint):
    with pytest.raises(ValueError, match=complaint):
        estimate(successes, tries, k)
