"""Two windows of one mix of contexts."""

from collections import Counter
from itertools import product

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from genops.drift.matching import DRAWN, in_one_mix
from genops.drift.windows import Window


def window(contexts, groups=None):
    rows = [str(row) for row in range(len(contexts))]
    return Window(
        "rows",
        "number",
        np.arange(len(contexts), dtype=float),
        tuple(rows),
        tuple(groups or rows),
        contexts=tuple(contexts),
        drawn_from=len(contexts),
    )


def overlap(reference, current):
    return len(reference) * len(current) / max(1, len(reference) + len(current))


@given(st.lists(st.sampled_from("abcd"), min_size=1), st.lists(st.sampled_from("abcd"), min_size=1), st.integers(0, 9))
def test_they_have_the_same_share_of_each_context_and_the_most_that_a_small_ratio_leaves(one, other, seed):
    windows = window(one), window(other)
    before, now = (part.contexts for part in in_one_mix(*windows, seed))
    counts = Counter(before), Counter(now)
    assert all(counts[0][name] * len(now) == counts[1][name] * len(before) for name in "abcd")
    of_all = Counter(one), Counter(other)
    best = 0.0
    for p, q in product(range(1, 21), repeat=2):
        times = sum(min(of_all[0][name] // p, of_all[1][name] // q) for name in "abcd")
        best = max(best, times * p * q / (p + q))
    assert overlap(before, now) >= best - 1e-9


def test_of_equal_mixes_all_rows_stay():
    for times in (1, 3):
        windows = window("aab" * 10), window("aab" * 10 * times)
        assert [len(part) for part in in_one_mix(*windows)] == [30, 30 * times]
    assert [len(part) for part in in_one_mix(window("a" * 101), window("a" * 67 + "b"))] == [101, 67]


def test_groups_stay_whole_and_stand_for_the_set_of_contexts_that_they_have():
    one = window(["a", "b", "a", "b", "a", "b"], ["s", "s", "t", "t", "u", "v"])
    other = window(["b", "a", "b", "b"], ["s", "s", "t", "u"])
    before, now = in_one_mix(one, other)
    assert before.groups in {("s", "s", "v"), ("t", "t", "v")}
    assert now.groups in {("s", "s", "t"), ("s", "s", "u")}


def test_each_group_of_a_context_is_as_likely_to_be_drawn():
    windows = window("aaaab"), window("aabbbb")
    seen = Counter(row for seed in range(1_000) for row in in_one_mix(*windows, seed)[0].ids)
    often = [seen[str(row)] for row in range(4)]
    assert max(often) - min(often) < 5 * np.sqrt(500)


def test_what_cannot_be_compared_is_left_out_by_its_reason():
    before, now = in_one_mix(window("aabbcde"), window("aabbb" + "f" * 9))
    assert before.left_out == {"of contexts c, d, e, of which the other window has none": 3}
    assert now.left_out == {"of context f, of which the other window has none": 9, DRAWN: 1}
    assert (len(before), before.drawn_from) == (4, 4)
    many = in_one_mix(window("a"), window("bcdef"))
    assert [len(part) for part in many] == [0, 0]
    assert list(many[1].left_out) == ["of contexts b, c, d and 2 more, of which the other window has none"]
    assert "none known" in next(iter(in_one_mix(window(["", "a"]), window("a"))[0].left_out))


def test_windows_whose_contexts_are_not_known_stay_as_they_are():
    plain = Window("rows", "number", np.zeros(2), ("0", "1"), ("0", "1"))
    assert in_one_mix(plain, plain) == (plain, plain)
    empty = window([])
    assert in_one_mix(window("a"), empty)[0].ids == ("0",)
