import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from genops.stats import paired_permutation_test
from genops.stats.permutation import EXACT_UP_TO

differences = st.lists(st.integers(-5, 5).map(lambda value: value / 10), min_size=1, max_size=8)
alternatives = st.sampled_from(["two-sided", "greater", "less"])


def test_every_choice_of_signs_is_looked_at_when_they_are_few():
    found = paired_permutation_test([0.1, 0.2, 0.3])
    assert (found.p, found.exact, found.permutations, found.n) == (2 / 8, True, 8, 3)
    assert paired_permutation_test([0.1, 0.2, 0.3], "greater").p == 1 / 8
    assert paired_permutation_test([0.1, 0.2, 0.3], "less").p == 1.0


@given(differences.filter(lambda values: len(values) > 1), alternatives)
def test_it_is_the_exact_test_as_scipy_has_it(values, alternative):
    pairs = np.asarray(values)
    expected = stats.permutation_test(
        (pairs, np.zeros_like(pairs)),
        lambda left, right, axis: np.round((left - right).sum(axis=axis), 9),
        permutation_type="samples",
        alternative=alternative,
        n_resamples=np.inf,
        vectorized=True,
    )
    assert paired_permutation_test(values, alternative).p == pytest.approx(expected.pvalue)


@given(differences, alternatives)
def test_differences_of_zero_say_nothing(values, alternative):
    assert paired_permutation_test([*values, 0.0, 0.0], alternative).p == paired_permutation_test(values, alternative).p


@given(differences, st.floats(0.001, 1000))
def test_signs_and_scale_do_not_matter_to_the_two_sided_test(values, factor):
    p = paired_permutation_test(values).p
    assert paired_permutation_test([-value for value in values]).p == p
    assert paired_permutation_test([value * factor for value in values]).p == p


def test_drawn_signs_come_near_the_exact_test():
    values = np.random.default_rng(0).normal(0.4, 1, size=EXACT_UP_TO)
    exact = paired_permutation_test(values, "greater")
    drawn = paired_permutation_test(np.append(values, 1e-15), "greater", resamples=100_000)
    assert (exact.exact, drawn.exact) == (True, False)
    assert drawn.p == pytest.approx(exact.p, abs=4 * np.sqrt(exact.p / 100_000))


def test_the_observed_choice_counts_among_the_drawn():
    found = paired_permutation_test(np.ones(200), resamples=99)
    assert (found.p, found.permutations, found.exact) == (1 / 100, 100, False)


def test_the_seed_decides_the_draws():
    values = np.random.default_rng(1).normal(size=50)
    assert paired_permutation_test(values, seed=3) == paired_permutation_test(values, seed=3)
    assert paired_permutation_test(values, seed=3).p != paired_permutation_test(values, seed=4).p


def test_memory_does_not_grow_with_the_sample(monkeypatch):
    values = np.random.default_rng(2).normal(0.1, 1, size=100)
    whole = paired_permutation_test(values, resamples=500).p
    monkeypatch.setattr("genops.stats.permutation._BLOCK", 1_000)
    assert paired_permutation_test(values, resamples=500).p == pytest.approx(whole, abs=0.1)


def test_nothing_but_zeros_is_no_evidence():
    assert paired_permutation_test([0.0] * 30).p == 1.0


@pytest.mark.parametrize("alternative", ["two-sided", "greater", "less"])
@pytest.mark.parametrize("n", [9, 40])
def test_the_level_is_kept(n, alternative):
    """Of 2,000 tests under no difference 5% are at or below 0.05: 100, and within 3.5 standard errors (35)."""
    draws = np.random.default_rng(5).laplace(size=(2_000, n))
    tests = (paired_permutation_test(draw, alternative, resamples=199, seed=seed) for seed, draw in enumerate(draws))
    rejected = sum(test.p <= 0.05 for test in tests)
    assert abs(rejected - 100) <= 35


def test_a_difference_is_found():
    """A shift of half a standard deviation over 50 pairs: a t test at 0.05 finds 93%, this one about as many."""
    draws = np.random.default_rng(6).normal(0.5, 1, size=(200, 50))
    found = sum(paired_permutation_test(draw, resamples=999).p <= 0.05 for draw in draws)
    assert found >= 170


@pytest.mark.parametrize("values", [[], [float("nan")], [[1.0]]])
def test_what_are_no_differences_is_refused(values):
    with pytest.raises(ValueError, match="differences"):
        paired_permutation_test(values)
