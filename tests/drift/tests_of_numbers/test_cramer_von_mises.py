import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from genops.drift.samples import Samples
from genops.drift.two_sample import find_test

tied = st.lists(st.integers(-3, 3).map(float), min_size=1, max_size=25)


def run(reference, current, **options):
    return find_test("cramer_von_mises").run(Samples.of_numbers(reference, current), relabellings=99, **options)


@settings(max_examples=25, deadline=None)
@given(st.lists(st.integers(0, 1_000), min_size=6, max_size=50, unique=True), st.integers(2, 4))
def test_without_ties_the_statistic_is_that_of_scipy(rows, m):
    rows = np.argsort(np.argsort(rows)).astype(float)
    expected = stats.cramervonmises_2samp(rows[:m], rows[m:], method="asymptotic").statistic
    assert run(rows[:m], rows[m:]).statistic == pytest.approx(expected)


@settings(max_examples=50)
@given(tied, tied)
def test_with_ties_it_is_the_squared_difference_of_the_distribution_functions_over_all_rows(reference, current):
    x, y = np.array(reference), np.array(current)
    m, n = len(x), len(y)
    apart = [np.mean(x <= at) - np.mean(y <= at) for at in (*x, *y)]
    assert run(x, y).statistic == pytest.approx(m * n / (m + n) ** 2 * np.square(apart).sum(), abs=1e-9)


def test_it_sees_a_small_shift_of_all_rows():
    random = np.random.default_rng(0)
    found = [run(random.normal(size=100), random.normal(0.5, size=100)).p <= 0.05 for _ in range(100)]
    assert np.mean(found) >= 0.8


@pytest.mark.parametrize(
    ("change", "best"),
    [
        (lambda x: x + 1, 2 * stats.norm.cdf(1 / np.sqrt(2)) - 1),
        (lambda x: 2 * x, 4 / np.pi * np.arctan(2) - 1),
        (lambda x: np.where(x > 1, x + 5, x), 1 - stats.norm.cdf(1) ** 2),
    ],
    ids=["shift", "scale", "new values"],
)
def test_the_separation_is_close_to_that_of_the_best_witness(change, best):
    random = np.random.default_rng(1)
    found = run(random.normal(size=20_000), change(random.normal(size=20_000)))
    assert best - 0.03 <= found.separation.estimate <= best + 0.015
