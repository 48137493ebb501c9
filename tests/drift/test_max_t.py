import numpy as np
import pytest

from genops.drift.max_t import max_t


def test_a_statistic_is_judged_by_what_the_greatest_of_all_reaches():
    greatest = np.array([5.0, 1.0, 2.0, 3.0, 4.0])
    assert max_t(np.array([5.0, 3.0, 0.5]), greatest) == pytest.approx([1 / 5, 3 / 5, 1])


def test_ties_count_against_it():
    assert max_t(np.array([2.0]), np.array([2.0, 2.0, 2.0])).tolist() == [1.0]
