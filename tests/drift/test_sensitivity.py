"""The size of change that a check calls visible is one that alarms in four of five checks, or more."""

import numpy as np
import pytest

from genops.drift.samples import Samples
from genops.drift.sensitivity import visible_separation
from genops.drift.two_sample import find_test


def numbers(random, n, new):
    values = random.normal(size=(2, n))
    values[1, :new] += 10
    return "kolmogorov_smirnov", Samples.of_numbers(*values)


def categories(random, n, new):
    before, now = random.choice(list("abcde"), size=(2, n))
    return "chi_square", Samples.of_categories(list(before), ["new"] * new + list(now[new:]))


def points(random, n, new):
    """Twenty topics, and one more."""
    centres = np.random.default_rng(99).normal(size=(21, 32))
    topics = random.integers(0, 20, 2 * n)
    topics[n : n + new] = 20
    rows = centres[topics] + 0.5 * random.normal(size=(2 * n, 32))
    return "centroid", Samples.of_vectors(rows[:n], rows[n:])


@pytest.mark.parametrize("rows", [numbers, categories, points])
@pytest.mark.parametrize(("n", "alpha"), [(100, 0.05), (300, 0.0125)])
def test_a_share_of_new_rows_of_that_size_alarms_in_four_of_five_checks(rows, n, alpha):
    share = visible_separation(n, n, alpha, 0.1)
    alarms = 0
    for seed in range(60):
        test, samples = rows(np.random.default_rng(seed), n, round(share * n))
        result = find_test(test).run(samples, relabellings=199, seed=seed)
        alarms += result.p <= alpha and result.separation.estimate >= 0.1
    assert alarms >= 38  # fewer come once in 1,000 times, were it 4 of 5


def test_more_rows_show_smaller_changes_but_none_below_the_smallest_that_alarms():
    sizes = [visible_separation(n, n, 0.05, 0.1) for n in (50, 500, 50_000)]
    assert sizes == sorted(sizes, reverse=True)
    assert sizes[-1] == pytest.approx(0.1, abs=0.01)


def test_windows_too_small_to_show_anything_have_none():
    assert visible_separation(1, 1_000, 0.05) is None
    assert visible_separation(4, 4, 0.0125) is None
