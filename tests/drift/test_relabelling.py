from collections import Counter
from itertools import combinations
from math import comb

import numpy as np
import pytest

from genops.drift.relabelling import Relabellings, least_p_value
from genops.drift.samples import Samples


def rows(reference, current, groups=None):
    return Samples.of_numbers(np.arange(reference), np.arange(current), groups=groups)


def test_the_observed_labels_come_first_and_each_drawn_one_moves_as_many():
    drawn = Relabellings.draw(rows(30, 20), 99, seed=1)
    assert drawn.count == 99
    assert drawn.current[:, 0].tolist() == [False] * 30 + [True] * 20
    assert set(drawn.current.sum(axis=0).tolist()) == {20}


def test_every_relabelling_is_as_likely():
    drawn = Relabellings.draw(rows(3, 2), 10_000).current[:, 1:]
    seen = Counter(tuple(np.flatnonzero(column).tolist()) for column in drawn.T)
    assert set(seen) == set(combinations(range(5), 2))
    assert all(abs(times - 1_000) < 5 * np.sqrt(900) for times in seen.values())


def test_rows_of_a_group_change_sides_together():
    samples = rows(6, 4, (["a", "a", "b", "b", "b", "c"], ["d", "d", "e", "e"]))
    drawn = Relabellings.draw(samples, 50).current
    for group in range(5):
        inside = drawn[samples.groups == group]
        assert (inside == inside[0]).all()


def test_groups_change_sides_within_their_stratum_alone():
    samples = rows(6, 6)
    strata = np.array([0, 0, 0, 0, 1, 2, 0, 0, 1, 1, 1, 3])
    drawn = Relabellings.draw(samples, 2_000, within=strata).current
    assert drawn[:, 0].tolist() == samples.is_current.tolist()
    for stratum, moved in ((0, 2), (1, 3), (2, 0), (3, 1)):
        assert set(drawn[strata == stratum].sum(axis=0).tolist()) == {moved}
    shares = drawn[:, 1:].mean(axis=1)
    assert shares[strata == 0] == pytest.approx(np.full(6, 2 / 6), abs=0.06)
    assert shares[strata == 1] == pytest.approx(np.full(4, 3 / 4), abs=0.06)


def test_no_p_value_is_zero_and_ties_count_as_extreme():
    drawn = Relabellings.draw(rows(50, 50), 99)
    assert drawn.p_value(np.append(5.0, np.zeros(99))) == 1 / 100
    assert drawn.p_value(np.ones(100)) == 1
    assert drawn.p_value(np.append([5.0, 5.0], np.zeros(98))) == 2 / 100


def test_the_least_p_value_counts_the_ways():
    assert least_p_value(rows(3, 3)) == 1 / comb(6, 3)
    assert least_p_value(rows(3, 3), within=np.array([0, 0, 1, 0, 1, 1])) == 1 / 9
    assert least_p_value(rows(500, 500), 199) == 1 / 200
    assert least_p_value(rows(4, 4, (list("aabb"), list("ccdd")))) == 1 / 6
