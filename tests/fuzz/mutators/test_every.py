"""What holds for every mutator: total on any text, and the same for the same seed."""

import asyncio
from random import Random
from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from genops.fuzz.mutator import Family, find_mutator
from genops.plugins import registry

NAMES = sorted(name for name in registry.names("mutator") if not find_mutator(name).asks)
TEXTS = st.text(st.characters(exclude_categories=()), max_size=200)


def applied(name, text, seed):
    return asyncio.run(find_mutator(name).apply(text, Random(seed)))


@pytest.mark.parametrize("name", NAMES)
@settings(deadline=None)
@given(text=TEXTS, seed=st.integers(0, 2**32))
def test_any_text_gives_a_text_and_the_same_one_for_the_same_seed(name, text, seed):
    first = applied(name, text, seed)
    assert isinstance(first, str)
    assert applied(name, text, seed) == first


@pytest.mark.parametrize("name", NAMES)
def test_a_plain_text_is_changed(name):
    text = "Please tell me which page says how a trace is replayed, and why."
    assert any(applied(name, text, seed) != text for seed in range(8))


@pytest.mark.parametrize("name", NAMES)
def test_it_says_what_it_does(name):
    assert find_mutator(name).description


def test_no_mutator_is_called_as_a_family_is():
    assert set(registry.names("mutator")).isdisjoint(get_args(Family))
