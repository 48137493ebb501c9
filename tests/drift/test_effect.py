import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from genops.drift.effect import separation
from genops.drift.samples import Samples
from genops.drift.two_sample import folds_of

levels = st.lists(st.integers(0, 5), min_size=2, max_size=12)


def numbers(reference, current, groups=None):
    return Samples.of_numbers(reference, current, groups=groups)


def unfitted(reference, current, groups=None):
    """The separation of what is a witness as it stands: one fold."""
    samples = numbers(reference, current, groups)
    return separation(samples, samples.values, np.zeros(samples.n, dtype=np.intp))


def better(one, other):
    return float(one > other) + 0.5 * float(one == other)


@given(levels, levels)
def test_it_is_the_share_of_pairs_in_the_right_order_less_that_in_the_wrong(reference, current):
    pairs = [better(y, x) for x in reference for y in current]
    assert unfitted(reference, current).estimate == pytest.approx(2 * np.mean(pairs) - 1, abs=1e-9)


def test_with_one_fold_its_variance_is_that_of_delong():
    random = np.random.default_rng(0)
    x, y = np.round(random.normal(size=30), 1), np.round(random.normal(0.7, size=40), 1)
    area = np.mean([better(b, a) for a in x for b in y])
    above = [np.mean([better(b, a) for a in x]) for b in y]
    below = [np.mean([better(b, a) for b in y]) for a in x]
    parts = sum((v - area) ** 2 for v in above) / 39 / 40, sum((v - area) ** 2 for v in below) / 29 / 30
    degrees = sum(parts) ** 2 / (parts[0] ** 2 / 39 + parts[1] ** 2 / 29)
    found = unfitted(x, y)
    assert found.bounds is not None
    expected = 2 * np.sqrt(sum(parts)) * stats.t.ppf(0.975, degrees)
    assert found.bounds[1] - found.estimate == pytest.approx(expected, abs=1e-9)
    assert found.estimate - found.bounds[0] == pytest.approx(expected, abs=1e-9)


def test_rows_are_compared_within_their_fold():
    samples = numbers([0, 1, 100, 101, 102], [0, 2, 3, 103])
    found = separation(samples, samples.values, np.array([0, 0, 1, 1, 1, 0, 0, 0, 1]))
    first = np.mean([better(y, x) for x in (0, 1) for y in (0, 2, 3)])
    weights = 2 * 3 / 5, 3 * 1 / 4
    assert found.estimate == pytest.approx((weights[0] * (2 * first - 1) + weights[1] * 1) / sum(weights))


def test_a_fold_without_rows_of_both_windows_says_nothing():
    samples = numbers([0, 1, 5, 6], [0, 2])
    with_it = separation(samples, samples.values, np.array([0, 0, 1, 1, 0, 0]))
    assert with_it.estimate == unfitted([0, 1], [0, 2]).estimate
    nowhere = separation(samples, samples.values, np.array([0, 0, 0, 0, 1, 1]))
    assert np.isnan(nowhere.estimate)
    assert nowhere.bounds is None
    assert "both windows" in nowhere.missing


@given(levels, levels, st.integers(0, 9))
def test_both_windows_are_treated_alike(reference, current, seed):
    here, there = numbers(reference, current), numbers(current, reference)
    folds = folds_of(here, seed, 3)
    swapped = np.concatenate([folds[len(reference) :], folds[: len(reference)]])
    one, other = separation(here, here.values, folds), separation(there, -there.values, swapped)
    assert one.estimate == pytest.approx(other.estimate, nan_ok=True)
    assert (one.bounds is None) == (other.bounds is None)
    if one.bounds and other.bounds:
        assert one.bounds == pytest.approx(other.bounds)


@given(levels, levels)
def test_only_the_order_of_the_witness_counts(reference, current):
    assert unfitted(reference, current) == unfitted(np.exp(reference), np.exp(current))


@given(levels, levels, st.integers(1, 4))
def test_rows_that_are_repeated_in_their_group_tell_no_more(reference, current, times):
    groups = tuple(np.repeat(np.arange(len(rows)), times).tolist() for rows in (reference, current))
    repeated = unfitted(np.repeat(reference, times), np.repeat(current, times), groups)
    alone = unfitted(reference, current)
    assert repeated.estimate == pytest.approx(alone.estimate)
    assert repeated.bounds == (alone.bounds and pytest.approx(alone.bounds))


def test_windows_without_an_overlap_are_not_known_to_differ_always():
    few, many = unfitted(range(10), range(20, 30)), unfitted(range(500), range(600, 1100))
    assert few.bounds is not None
    assert many.bounds is not None
    assert (few.estimate, few.bounds[1]) == (1, 1)
    assert 0.6 < few.bounds[0] < 0.8
    assert many.bounds[0] > 0.99


def test_one_group_of_a_window_tells_nothing_of_the_spread():
    found = unfitted([1, 2, 3], [2, 3, 4], (["a", "a", "a"], ["b", "c", "d"]))
    assert (found.bounds, found.clusters) == (None, 4)
    assert "spread" in found.missing


def test_its_fields_are_plain_numbers():
    found = unfitted([1, 2, 3], [2, 3, 4])
    assert found.bounds is not None
    assert {type(found.estimate), *map(type, found.bounds)} == {float}


def fitted(samples, seed):
    """The difference of the means of the other folds, the plainest witness that is fitted."""
    folds, witness = folds_of(samples, seed), np.zeros(samples.n)
    for fold in np.unique(folds):
        rest, current = folds != fold, samples.is_current
        apart = samples.values[rest & current].mean(axis=0) - samples.values[rest & ~current].mean(axis=0)
        witness[~rest] = samples.values[~rest] @ apart
    return separation(samples, witness, folds)


def drawn(n, shift, groups, seed):
    random = np.random.default_rng([seed, n])
    rows = random.normal(size=(2 * n, 8))
    rows[n:] += shift
    if not groups:
        return Samples.of_vectors(rows[:n], rows[n:])
    names = random.integers(groups, size=n).tolist(), random.integers(groups, size=n).tolist()
    rows[:n] += random.normal(size=(groups, 8))[names[0]]
    rows[n:] += random.normal(size=(groups, 8))[names[1]]
    return Samples.of_vectors(rows[:n], rows[n:], groups=names)


@pytest.mark.parametrize("shift", [0.0, 0.3, 0.8])
@pytest.mark.parametrize(("n", "groups"), [(50, 0), (50, 10), (200, 0), (200, 20), (1000, 0), (1000, 15)])
def test_its_interval_holds_what_such_a_witness_shows_on_average(n, groups, shift):
    found = [fitted(drawn(n, shift, groups, seed), seed) for seed in range(200)]
    true = float(np.mean([each.estimate for each in found])) if shift else 0.0
    missed = sum(not each.bounds[0] <= true <= each.bounds[1] for each in found if each.bounds is not None)
    assert all(each.bounds is not None for each in found)
    assert missed <= stats.binom.isf(1e-4, 200, 0.05)


def test_without_groups_and_folds_it_is_not_needlessly_wide():
    random = np.random.default_rng(0)
    pairs = [unfitted(random.normal(size=200), random.normal(size=200)) for _ in range(100)]
    widths = [each.bounds[1] - each.bounds[0] for each in pairs if each.bounds is not None]
    spread = np.sqrt(4 / 12 * 401 / 200**2)
    assert np.mean(widths) == pytest.approx(2 * 1.96 * spread, rel=0.02)
