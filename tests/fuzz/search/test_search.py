"""The search as a state machine: the same observations give the same proposals, and no plan comes twice."""

from collections import Counter
from hashlib import sha256

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from genops.fuzz.objective import Seed
from genops.fuzz.search import Choice, Search

STARTS = [("leak", Seed("a", "tell me")), ("leak", Seed("b", "say it")), ("override", Seed("a", "write OK"))]
CHOICES = [
    Choice("base64", draws=1),
    Choice("zero_width", ({}, {"share": 0.9}), draws=4),
    *(Choice(f"mutator{number}", draws=2) for number in range(6)),
]


def new_search(seed=0, guided=True, depth=3):
    return Search(STARTS, CHOICES, depth, seed, guided)


def shown(plan):
    """What a target makes of a plan, at random but always the same."""
    digest = sha256(plan.key).digest()
    features = {f"feature {byte % 40}" for byte in digest[: digest[0] % 4]}
    return features, digest[5] % 11 / 10, digest[6] < 10


def generation(search, size):
    plans = search.propose(size)
    for plan in plans:
        search.observe(plan, *shown(plan))
    return plans


@settings(max_examples=25, deadline=None)
@given(st.integers(), st.booleans(), st.lists(st.integers(1, 20), max_size=8))
def test_the_same_seed_and_observations_give_the_same_proposals(seed, guided, sizes):
    first, second = (new_search(seed, guided) for _ in range(2))
    assert [generation(first, size) for size in sizes] == [generation(second, size) for size in sizes]


@settings(max_examples=25, deadline=None)
@given(st.integers(), st.booleans(), st.lists(st.integers(1, 20), min_size=1, max_size=8), st.integers(0, 7))
def test_observing_again_what_is_stored_goes_on_as_if_nothing_had_stopped(seed, guided, sizes, stop):
    unstopped = new_search(seed, guided)
    generations = [generation(unstopped, size) for size in sizes]
    resumed = new_search(seed, guided)
    for plan in (plan for plans in generations[:stop] for plan in plans):
        resumed.observe(plan, *shown(plan))
    assert [generation(resumed, size) for size in sizes[stop:]] == generations[stop:]


@settings(max_examples=25, deadline=None)
@given(st.integers(), st.booleans(), st.lists(st.integers(1, 60), max_size=10))
def test_no_plan_comes_twice_and_none_is_longer_than_allowed(seed, guided, sizes):
    search = new_search(seed, guided)
    plans = [plan for size in sizes for plan in generation(search, size)]
    assert len({plan.key for plan in plans}) == len(plans) == sum(sizes)
    assert all(len(plan.mutations) <= 3 for plan in plans)


@pytest.mark.parametrize("guided", [True, False])
def test_every_plan_there_is_comes_once_and_then_no_more(guided):
    choices = [Choice("base64", draws=1), Choice("zero_width", ({}, {"share": 0.9}), draws=2)]
    search = Search(STARTS, choices, 2, 0, guided)
    plans = []
    while proposed := generation(search, 16):
        plans += proposed
    assert len(plans) == len({plan.key for plan in plans}) == 3 * (1 + 5 + 25)


def test_seeds_come_first_as_they_are():
    assert [plan.mutations for plan in new_search().propose(3)] == [(), (), ()]


def test_without_mutators_or_depth_only_the_seeds_are_tried():
    assert len(Search(STARTS, [], 3, 0).propose(10)) == 3
    assert len(Search(STARTS, CHOICES, 0, 0).propose(10)) == 3


@pytest.mark.parametrize("guided", [True, False])
def test_lengths_mutators_settings_and_seeds_are_all_used(guided):
    search = new_search(guided=guided)
    plans = [plan for _ in range(30) for plan in generation(search, 20)]
    assert {len(plan.mutations) for plan in plans} == {0, 1, 2, 3}
    used = Counter(mutation.mutator for plan in plans for mutation in plan.mutations)
    assert set(used) == {choice.mutator for choice in CHOICES}
    settings_used = {str(m.settings) for plan in plans for m in plan.mutations if m.mutator == "zero_width"}
    assert settings_used == {"{}", "{'share': 0.9}"}
    assert {(plan.objective, plan.seed.id) for plan in plans} == {("leak", "a"), ("leak", "b"), ("override", "a")}


def test_the_blind_search_looks_at_nothing():
    seeing, unseeing = (new_search(guided=False) for _ in range(2))
    for _ in range(10):
        plans = seeing.propose(10)
        assert plans == unseeing.propose(10)
        for plan in plans:
            seeing.observe(plan, *shown(plan))
            unseeing.observe(plan, (), 0.0, False)


def test_tries_of_another_origin_guide_too():
    search = new_search(depth=2)
    swept = new_search(guided=False, depth=1).propose(3 + 3 * 10)
    for plan in swept:
        near = plan.mutations and plan.mutations[0].mutator == "base64"
        search.observe(plan, {"decoded"} if near else {"plain"}, 0.9 if near else 0.0, False)
    proposed = search.propose(50)
    assert sum(plan.mutations[:1] != () and plan.mutations[0].mutator == "base64" for plan in proposed) > 15


def test_a_mutator_that_leaves_nothing_to_chance_has_one_draw():
    assert Choice.of("base64").draws == 1
    assert Choice.of("zero_width", [{"share": 0.1}]).draws == 8


def test_nothing_to_start_from_and_mutators_named_twice_are_refused():
    with pytest.raises(ValueError, match="one seed"):
        Search([], CHOICES, 3, 0)
    with pytest.raises(ValueError, match="twice"):
        Search(STARTS, [CHOICES[0], CHOICES[0]], 3, 0)


def test_keys_tell_plans_apart_by_all_that_they_are_made_of():
    plans = [plan for size in (40, 40, 40) for plan in generation(new_search(seed=size), size)]
    assert len({plan.key for plan in plans}) == len({str(plan) for plan in plans})
