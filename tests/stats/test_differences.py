import numpy as np
import pytest
from scipy import stats

from genops.stats import Interval, difference_interval, mean_interval, wilson_interval


def test_of_two_shares_it_is_that_of_newcombe():
    """His example: 56 of 70 and 48 of 80 differ by 0.2, from 0.0524 to 0.3339 (Newcombe 1998, table II, method 10)."""
    found = difference_interval(wilson_interval(56, 70), wilson_interval(48, 80))
    assert found.estimate == pytest.approx(0.2)
    assert found.bounds == pytest.approx((0.0524, 0.3339), abs=1e-4)
    assert (found.n, found.method) == (150, "MOVER")


def test_of_two_means_it_is_nearly_that_of_welch():
    random = np.random.default_rng(0)
    x, y = random.normal(size=200), random.normal(1, 3, size=150)
    found = difference_interval(mean_interval(y), mean_interval(x))
    welch = stats.ttest_ind(y, x, equal_var=False).confidence_interval()
    assert found.bounds == pytest.approx((welch.low, welch.high), abs=0.01)


def test_without_the_bounds_of_one_there_are_none():
    one = Interval(1.0, None, 0.95, 1, "Student's t", "one value tells nothing of the spread")
    found = difference_interval(mean_interval([1.0, 2.0]), one)
    assert (found.estimate, found.bounds, found.missing) == (0.5, None, one.missing)


def test_two_levels_have_no_common_one():
    with pytest.raises(ValueError, match=r"0\.95 and 0\.9"):
        difference_interval(mean_interval([1.0, 2.0]), mean_interval([1.0, 2.0], 0.9))
