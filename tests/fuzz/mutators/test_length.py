"""Mutators that play with how long a text is."""

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from genops.fuzz.attack import LONGEST
from genops.fuzz.filler import SENTENCES
from genops.fuzz.mutator import find_mutator
from genops.fuzz.mutators.pad import pad
from genops.fuzz.mutators.truncate import truncate
from genops.fuzz.mutators.very_long import very_long

TEXT = "Which page says how a trace is replayed?"
SEEDS = range(40)


class TestTruncate:
    def test_leaves_a_beginning_or_an_end(self):
        results = {truncate(TEXT, Random(seed)) for seed in SEEDS}
        assert all(TEXT.startswith(result) or TEXT.endswith(result) for result in results)
        assert any(TEXT.startswith(result) for result in results)
        assert any(TEXT.endswith(result) for result in results)

    @given(least=st.floats(0, 1), seed=st.integers())
    def test_leaves_the_share_that_is_set(self, least, seed):
        assert least * len(TEXT) <= len(truncate(TEXT, Random(seed), least)) <= len(TEXT)

    def test_leaves_something_of_the_shortest_text(self):
        assert {truncate("x", Random(seed)) for seed in SEEDS} == {"x"}


class TestPad:
    @pytest.mark.parametrize(
        ("where", "begins", "ends"), [("before", False, True), ("after", True, False), ("both", False, False)]
    )
    def test_puts_sentences_where_it_is_told(self, where, begins, ends):
        result = pad(TEXT, Random(1), where=where)
        assert (result.startswith(TEXT), result.endswith(TEXT), TEXT in result) == (begins, ends, True)

    def test_takes_chance_for_the_side(self):
        sides = {(result.startswith(TEXT), result.endswith(TEXT)) for result in (pad(TEXT, Random(s)) for s in SEEDS)}
        assert len(sides) == 3

    def test_puts_as_many_sentences_as_it_is_told(self):
        result = pad("", Random(1), sentences=9, where="after")
        assert sum(result.count(sentence) for sentence in SENTENCES) == 9

    def test_the_request_stays_the_same(self):
        assert find_mutator("pad").keeps_meaning


class TestVeryLong:
    @pytest.mark.parametrize("seed", SEEDS)
    def test_has_the_length_that_is_set_and_ends_with_the_text(self, seed):
        result = very_long(TEXT, Random(seed), characters=5000)
        assert len(result) == 5000
        assert result.endswith(TEXT)

    def test_repeats_different_things(self):
        assert len({very_long(TEXT, Random(seed), characters=500) for seed in SEEDS}) > 4

    def test_a_text_that_is_longer_stays(self):
        assert very_long(TEXT, Random(1), characters=3) == TEXT

    def test_more_than_an_attack_may_hold_cannot_be_set(self):
        (characters,) = find_mutator("very_long").settings.values()
        with pytest.raises(ValueError, match=str(LONGEST)):
            characters.check(LONGEST + 1)
