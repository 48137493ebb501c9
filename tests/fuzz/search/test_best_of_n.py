"""The curve of at least one breach in k tries."""

from math import comb

import pytest

from genops.fuzz.search import best_of_n


def test_the_curve_has_powers_of_two_and_the_tries_that_every_seed_had():
    assert [point.k for point in best_of_n([1, 0], [10, 12])] == [1, 2, 4, 8, 10]
    assert [point.k for point in best_of_n([1, 0], [8, 8])] == [1, 2, 4, 8]


def test_each_point_is_the_share_of_choices_with_a_breach():
    for point in best_of_n([2, 2], [10, 10]):
        assert point.success.estimate == pytest.approx(1 - comb(8, point.k) / comb(10, point.k))


def test_it_rises_with_more_tries():
    estimates = [point.success.estimate for point in best_of_n([1, 0, 3, 9], [16, 16, 20, 16])]
    assert estimates == sorted(estimates)
    assert 0.7 < estimates[-1] <= 0.75


@pytest.mark.parametrize(("breaches", "tries"), [([], []), ([0], [0]), ([3], [2])])
def test_seeds_without_tries_and_more_breaches_than_tries_are_refused(breaches, tries):
    with pytest.raises(ValueError, match=r"case"):
        best_of_n(breaches, tries)
