from collections import Counter
from itertools import combinations, product
from math import comb

import numpy as np
import pytest

from genops.drift.relabelling import Relabellings, least_p_value
from genops.drift.samples import Samples
from genops.drift.two_sample import find_test


def rows(reference, current, groups=None, contexts=None):
    return Samples.of_numbers(np.arange(reference), np.arange(current), groups=groups, contexts=contexts)


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


def test_where_contexts_are_known_rows_change_sides_within_them_alone():
    strata = np.array([0, 0, 0, 0, 1, 2, 0, 0, 1, 1, 1, 3])
    samples = rows(6, 6, contexts=(strata[:6].tolist(), strata[6:].tolist()))
    drawn = Relabellings.draw(samples, 2_000).current
    assert drawn[:, 0].tolist() == samples.is_current.tolist()
    for stratum, moved in ((0, 2), (1, 3), (2, 0), (3, 1)):
        assert set(drawn[strata == stratum].sum(axis=0).tolist()) == {moved}
    shares = drawn[:, 1:].mean(axis=1)
    assert shares[strata == 0] == pytest.approx(np.full(6, 2 / 6), abs=0.06)
    assert shares[strata == 1] == pytest.approx(np.full(4, 3 / 4), abs=0.06)


def test_a_group_of_several_contexts_changes_sides_with_groups_of_the_same_ones():
    groups = list("sstuv"), list("wwxyy")
    samples = rows(5, 5, groups, (list("abaab"), list("baabb")))
    assert samples.strata.tolist() == [0, 1, 1, 2, 0, 1, 2]
    drawn = Relabellings.draw(samples, 200).current
    of_groups = drawn[np.unique(samples.groups, return_index=True)[1]]
    for stratum, moved in ((0, 1), (1, 1), (2, 1)):
        assert set(of_groups[samples.strata == stratum].sum(axis=0).tolist()) == {moved}


@pytest.mark.parametrize("test", ["kolmogorov_smirnov", "cramer_von_mises", "population_stability"])
def test_a_p_value_within_contexts_is_that_of_all_ways_to_deal_each_context_out(test):
    random = np.random.default_rng(8)
    contexts = list("aaaabbbb"), list("aabbbbb")
    moved = np.array([{"a": 0.0, "b": 5.0}[name] for name in contexts[0] + contexts[1]])
    values = np.round(random.normal(size=15) + moved + 0.8 * (np.arange(15) >= 8), 1)
    samples = Samples.of_numbers(values[:8], values[8:], contexts=contexts)
    places = [np.flatnonzero(np.array(contexts[0] + contexts[1]) == name) for name in "ab"]
    taken = [int((own >= 8).sum()) for own in places]
    columns = [samples.is_current]
    for some, others in product(*(combinations(own.tolist(), count) for own, count in zip(places, taken, strict=True))):
        columns.append(np.isin(np.arange(15), some + others))
    every = Relabellings(np.array(columns).T, 0)
    exact = (every.p_value(_statistics(test, samples, every)) * (1 + every.count) - 1) / every.count
    assert every.count == comb(6, 2) * comb(9, 5)
    drawn = find_test(test).run(samples, relabellings=20_000)
    assert drawn.p == pytest.approx(exact, abs=5 * np.sqrt(0.25 / 20_000))
    assert drawn.least_p == pytest.approx(max(1 / every.count, 1 / 20_001))


def _statistics(test, samples, relabellings):
    """The statistic of each relabelling, one at a time, as though it were the observed one."""
    found = []
    for current in relabellings.current.T:
        order = np.argsort(current, kind="stable")
        dealt = Samples.of_numbers(samples.values[order][:8], samples.values[order][8:])
        found.append(find_test(test).run(dealt, relabellings=1).statistic)
    return np.array(found)


def test_no_p_value_is_zero_and_ties_count_as_extreme():
    drawn = Relabellings.draw(rows(50, 50), 99)
    assert drawn.p_value(np.append(5.0, np.zeros(99))) == 1 / 100
    assert drawn.p_value(np.ones(100)) == 1
    assert drawn.p_value(np.append([5.0, 5.0], np.zeros(98))) == 2 / 100


def test_the_least_p_value_counts_the_ways():
    assert least_p_value(rows(3, 3)) == 1 / comb(6, 3)
    assert least_p_value(rows(3, 3, contexts=([0, 0, 1], [0, 1, 1]))) == 1 / 9
    assert least_p_value(rows(3, 3, contexts=([0, 0, 0], [1, 1, 1]))) == 1
    assert least_p_value(rows(500, 500), 199) == 1 / 200
    assert least_p_value(rows(4, 4, (list("aabb"), list("ccdd")))) == 1 / 6
