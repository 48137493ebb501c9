import numpy as np
import pytest

from genops.drift.shares import change_interval, share_interval
from genops.stats import proportion_interval, wilson_interval


def test_rows_that_stand_alone_have_the_interval_of_a_proportion():
    inside = np.arange(50) < 10
    assert share_interval(inside, np.arange(50)) == proportion_interval(10, 50)


def test_rows_of_few_groups_say_less():
    inside = np.arange(60) < 15
    alone, grouped = share_interval(inside, np.arange(60)), share_interval(inside, np.arange(60) // 15)
    width = [interval.bounds[1] - interval.bounds[0] for interval in (alone, grouped)]
    assert width[1] > 2 * width[0]
    assert grouped.bounds[0] >= 0


def test_none_of_six_groups_is_none_of_six():
    found = share_interval(np.zeros(600, bool), np.arange(600) // 100)
    assert found.bounds == proportion_interval(0, 6).bounds
    assert (found.n, found.clusters) == (600, 6)


def test_the_change_is_that_of_newcombe():
    # R. Newcombe (1998), table II, example (a): 56 of 70 and 48 of 80
    found = change_interval(wilson_interval(48, 80), wilson_interval(56, 70))
    assert found.estimate == pytest.approx(0.2)
    assert found.bounds == pytest.approx((0.0524, 0.3339), abs=1e-4)
