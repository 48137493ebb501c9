"""Verdicts on pairs of answers: how often one wins, and how far that can be trusted."""

import pytest

from genops.evals.summary.pairs import PairTally, pair_summary


def summary_of(outcomes, agree, clusters=None):
    """Of two variants, a verdict a case."""
    n = len(outcomes)
    tally = PairTally(list(range(n)), ["new"] * n, ["old"] * n, outcomes, list(range(n)), [9] * n, agree)
    return pair_summary(tally, clusters or {})


@pytest.mark.parametrize("clusters", [None, {0: "a", 1: "a"}])
def test_shares_of_verdicts_lie_between_none_and_all(clusters):
    pairs = summary_of([1.0] * 9 + [0.5], [True] * 9 + [False], clusters)
    for share in (pairs.win_rates[0].raw, pairs.orders_agree):
        assert 0.5 < share.low < share.value < share.high <= 1


def test_where_all_verdicts_are_alike_their_share_is_not_known_for_certain():
    pairs = summary_of([1.0] * 10, [True] * 10)
    for share in (pairs.win_rates[0].raw, pairs.orders_agree):
        assert (share.value, share.high) == (1, 1)
        assert share.low == pytest.approx(0.025**0.1)


def test_ties_alone_do_not_make_equals():
    pairs = summary_of([0.5] * 10, [False] * 10)
    controlled, strength = pairs.win_rates[0].length_controlled, pairs.ratings[0].strength
    assert controlled.low < 0.4 < 0.6 < controlled.high
    assert strength.low < -0.3 < 0.3 < strength.high
