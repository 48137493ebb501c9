import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from genops.drift.samples import Samples
from genops.drift.two_sample import find_test

values = st.lists(st.integers(-3, 3).map(float), min_size=1, max_size=30)


def run(reference, current, **options):
    return find_test("kolmogorov_smirnov").run(Samples.of_numbers(reference, current), relabellings=99, **options)


@settings(max_examples=50)
@given(values, values)
def test_the_statistic_is_the_greatest_difference_of_the_distribution_functions(reference, current):
    x, y = np.array(reference), np.array(current)
    expected = max(abs(np.mean(x <= at) - np.mean(y <= at)) for at in (*x, *y))
    assert run(x, y).statistic == pytest.approx(expected)


@pytest.mark.parametrize("decimals", [0, 8])
def test_and_so_that_of_scipy_with_ties_as_without(decimals):
    x, y = np.random.default_rng(4).normal(size=(2, 80)).round(decimals)
    assert run(x, y).statistic == pytest.approx(stats.ks_2samp(x, y).statistic)


def test_the_p_value_is_that_of_all_relabellings():
    random = np.random.default_rng(0)
    reference, current = random.normal(size=60), random.normal(0.4, size=50)
    found = find_test("kolmogorov_smirnov").run(Samples.of_numbers(reference, current), relabellings=9_999)
    assert found.p == pytest.approx(stats.ks_2samp(reference, current, method="exact").pvalue, abs=0.01)


@settings(max_examples=25)
@given(values, values, st.randoms())
def test_neither_the_order_of_the_rows_nor_the_scale_nor_the_sides_matter(reference, current, random):
    found = run(reference, current).statistic
    shuffled = [random.sample(rows, len(rows)) for rows in (reference, current)]
    assert run(*shuffled).statistic == found
    assert run([np.exp(x) for x in reference], [np.exp(x) for x in current]).statistic == found
    assert run(current, reference).statistic == pytest.approx(found)


def test_of_a_shift_the_separation_is_the_difference_of_the_shares_beyond_a_threshold():
    random = np.random.default_rng(1)
    found = run(random.normal(size=20_000), random.normal(1, size=20_000))
    assert found.separation.estimate == pytest.approx(2 * stats.norm.cdf(0.5) - 1, abs=0.01)


def test_of_a_change_of_scale_the_separation_is_of_both_tails():
    """The densities of N(0, 1) and N(0, 2) cross at ±1.36; a single threshold would show half of it."""
    random = np.random.default_rng(2)
    found = run(random.normal(size=20_000), random.normal(0, 2, size=20_000))
    crossing = np.sqrt(8 / 3 * np.log(2))
    assert found.separation.estimate == pytest.approx(
        2 * (stats.norm.cdf(crossing) - stats.norm.cdf(crossing / 2)), abs=0.01
    )


def test_under_no_change_the_separation_is_not_biased():
    random = np.random.default_rng(3)
    separations = [run(*random.normal(size=(2, 60)), seed=seed).separation.estimate for seed in range(200)]
    assert abs(np.mean(separations)) <= 3.5 * np.std(separations) / np.sqrt(200)


def test_where_the_difference_is_greatest_is_told():
    found = run([1.0, 2.0, 3.0, 4.0], [3.0, 4.0, 5.0, 6.0, 7.0])
    assert found.details == {"at": 4, "at_or_below_before": 1, "at_or_below_now": 0.4}


def test_values_that_are_all_equal_have_not_changed():
    found = run([2.0] * 20, [2.0] * 30)
    assert (found.statistic, found.p, found.separation.estimate) == (0, 1, 0)
