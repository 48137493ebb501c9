"""Rates are over cases, a failure is a change, and what could not be told is left out."""

import pytest

from genops.fuzz.robustness.summary import summarise
from genops.store.records import TryRecord


def tried(*outcomes, relation="typo", step="", prompt="", case=None):
    """Tries under one relation: each of a case of its own, or all of one."""
    scores = {"same": {"metadata": {"step": step, "prompt": prompt}}}
    return [
        TryRecord(number, "robustness", relation, case or f"case {number}", "input", [], outcome, scores=scores)
        for number, outcome in enumerate(outcomes)
    ]


def test_the_rate_is_of_what_could_be_scored_and_a_failure_is_a_change():
    found = summarise(tried("same", "changed", "crashed", "same", "unscored", "infrastructure")).relations[0]
    assert found.rate.estimate == 0.5
    assert found.rate.n == 4
    assert found.outcomes == {"same": 2, "changed": 1, "crashed": 1, "unscored": 1, "infrastructure": 1}


def test_nothing_scored_is_no_rate_and_never_a_rate_of_nothing():
    found = summarise(tried("unscored", "infrastructure")).relations[0]
    assert found.rate is None
    assert found.excess is None


def test_the_excess_is_over_the_same_cases_unchanged():
    found = summarise(
        [*tried("same", "changed", "same", "same", relation="unchanged"), *tried("changed", "changed", "same", "same")]
    )
    assert found.baseline.rate.estimate == 0.25
    assert found.relations[0].excess.estimate == 0.25
    low, high = found.relations[0].excess.bounds
    assert low < 0 < high


def test_an_interval_stays_between_0_and_1():
    found = summarise(tried("changed", "same", "same", "same")).relations[0]
    assert found.rate.bounds[0] == 0.0
    assert found.rate.bounds[1] <= 1.0


def test_tries_of_one_case_tell_nothing_of_others():
    one = summarise(tried("same", "changed", case="only")).relations[0].rate
    assert one.bounds is None
    assert "one cluster" in one.missing


def test_items_of_a_list_are_one_step():
    first = tried("changed", step="each[0]/answer", prompt="told")
    second = tried("same", "same", "same", step="each[3]/answer", prompt="told")[1:]
    quiet = tried("same", relation="unchanged")
    found = summarise([*first, *second, *quiet]).prompts
    assert [(one.step, one.prompt, one.rate.estimate) for one in found] == [("each[]/answer", "told", 1.0)]
    assert found[0].without.estimate == pytest.approx(0.0)


def test_tries_of_other_phases_are_left_out():
    attack = TryRecord(9, "sweep", "crash", "seed", "input", [], "breach")
    assert [rate.relation for rate in summarise([attack, *tried("same")]).relations] == ["typo"]
