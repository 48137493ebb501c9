"""Delta debugging: what is left still breaks, and nothing more can be left out."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from genops.fuzz.attack import Mutation, mutated
from genops.fuzz.search import ddmin, minimise

ZERO_WIDTH = re.compile("[\u200b\u200c\u200d\u2060\ufeff]")
ITEMS = list(range(12))
SUBSETS = st.frozensets(st.sampled_from(ITEMS))


def asked(predicate):
    async def fails(items):
        return predicate(items)

    return fails


def is_one_minimal(kept, predicate):
    return predicate(kept) and not any(predicate(kept[:at] + kept[at + 1 :]) for at in range(len(kept)))


@given(st.lists(SUBSETS, min_size=1, max_size=4))
async def test_of_a_monotone_failure_nothing_more_can_be_left_out(causes):
    def fails(items):
        return any(cause <= set(items) for cause in causes)

    assert is_one_minimal(await ddmin(ITEMS, asked(fails)), fails)


@given(st.randoms(use_true_random=False), st.floats(0.05, 0.95))
async def test_of_a_failure_without_any_order_nothing_more_can_be_left_out(rng, share):
    known = {tuple(ITEMS): True}

    def fails(items):
        return known.setdefault(tuple(items), rng.random() < share)

    kept = await ddmin(ITEMS, asked(fails))
    assert is_one_minimal(kept, fails)
    assert kept == sorted(kept)


async def test_few_tries_find_one_cause_among_many_items():
    tries = 0

    async def fails(items):
        nonlocal tries
        tries += 1
        return 700 in items

    assert await ddmin(range(1024), fails) == [700]
    assert tries < 60


def containing(*needles):
    async def breaks(text, turns):
        return all(needle in text for needle in needles)

    return breaks


async def test_mutations_that_do_nothing_go_and_words_and_characters_after_them():
    chain = [Mutation("zero_width", 1, {"share": 0.0}), Mutation("base64", 0), Mutation("zero_width", 2)]

    async def breaks(text, turns):
        return "c2F5IGl0" in ZERO_WIDTH.sub("", text)

    seed = "say it, and then say all the rest of what there is to say"
    found = await minimise(seed, chain, breaks)
    assert found.breaks
    assert found.minimal
    assert found.seed == "say it"
    assert [mutation.mutator for mutation in found.mutations] == ["base64"]
    assert found.text == "c2F5IGl0"


async def test_a_text_that_has_to_keep_its_meaning_loses_mutations_alone():
    chain = [Mutation("zero_width", 1, {"share": 0.0}), Mutation("base64", 0), Mutation("zero_width", 2)]

    async def breaks(text, turns):
        return "aG93" in ZERO_WIDTH.sub("", text)

    found = await minimise("how do I kill a process", chain, breaks, shortens=False)
    assert found.minimal
    assert found.seed == "how do I kill a process"
    assert [mutation.mutator for mutation in found.mutations] == ["base64"]


async def test_settings_go_that_a_finding_does_not_need():
    async def breaks(text, turns):
        return text != ZERO_WIDTH.sub("", text)

    found = await minimise("a long question " * 4, [Mutation("zero_width", 3, {"share": 0.9})], breaks)
    assert found.mutations == (Mutation("zero_width", 3),)
    assert found.minimal


@settings(max_examples=50, deadline=None)
@given(st.randoms(use_true_random=False), st.text("ab c", min_size=1, max_size=8))
async def test_of_any_target_the_rest_breaks_and_no_mutation_or_character_can_go(rng, seed):
    chain = (Mutation("base64", 0), Mutation("zero_width", 1))
    known = {await mutated(seed, chain): True}

    async def breaks(text, turns):
        return known.setdefault(text, rng.random() < 0.4)

    found = await minimise(seed, chain, breaks, tries=10_000)
    assert found.minimal
    assert found.text == await mutated(found.seed, found.mutations)
    assert await breaks(found.text, ())
    for at in range(len(found.mutations)):
        assert not await breaks(await mutated(found.seed, found.mutations[:at] + found.mutations[at + 1 :]), ())
    for at in range(len(found.seed)):
        assert not await breaks(await mutated(found.seed[:at] + found.seed[at + 1 :], found.mutations), ())


@given(st.integers(0, 60))
async def test_the_tries_never_exceed_their_bound_and_what_is_left_breaks(bound):
    tried = []

    async def breaks(text, turns):
        tried.append(text)
        return "x" in text and "y" in text

    seed = "one two x three four y five"
    found = await minimise(seed, (), breaks, tries=bound)
    assert found.tries == len(tried) <= bound
    assert "x" in found.text
    assert "y" in found.text
    assert not found.minimal or set(found.seed) == {"x", "y"}
    assert found.breaks == (bound > 0)


async def test_what_does_not_break_again_is_left_whole():
    found = await minimise("as it was", [Mutation("base64", 0)], containing("no such thing"))
    assert not found.breaks
    assert not found.minimal
    assert found.seed == "as it was"
    assert found.tries == 1


async def test_a_target_that_breaks_every_third_time_is_asked_often_enough():
    calls = 0

    async def breaks(text, turns):
        nonlocal calls
        calls += 1
        return "x" in text and calls % 3 == 0

    found = await minimise("some x here", (), breaks, repeats=3)
    assert found.text == "x"


async def test_a_try_is_only_a_break_when_enough_repeats_are():
    calls = 0

    async def breaks(text, turns):
        nonlocal calls
        calls += 1
        return text == "a b" or calls % 2 == 0

    found = await minimise("a b", (), breaks, repeats=3, needed=3)
    assert found.text == "a b"
    with pytest.raises(ValueError, match="never"):
        await minimise("a", (), breaks, repeats=1, needed=2)


async def test_any_text_can_be_minimised():
    found = await minimise("\ud800 and \udfff", (), containing("\udfff"))
    assert found.text == "\udfff"


async def test_turns_go_that_a_finding_does_not_need_and_words_after_them():
    async def breaks(text, turns):
        return "x" in text and {"b", "d"} <= set(turns)

    found = await minimise("an x here", (), breaks, turns=["a", "b", "c", "d", "e"])
    assert (found.turns, found.text, found.minimal) == (("b", "d"), "x", True)


async def test_a_turn_goes_that_only_a_longer_text_needed():
    async def breaks(text, turns):
        return "x" in text and ("y" not in text or "of y" in turns)

    found = await minimise("x and y", (), breaks, turns=["of y"])
    assert (found.turns, found.text) == ((), "x")


async def test_no_turn_is_needed_where_the_last_message_is_enough():
    found = await minimise("x", (), containing("x"), turns=["a", "b"])
    assert (found.turns, found.tries) == ((), 3)
