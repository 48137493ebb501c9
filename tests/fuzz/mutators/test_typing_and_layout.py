"""Mutators that play with the keyboard, case and white space: how little a text changes for its reader."""

import re
import unicodedata
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from genops.disguise.alphabets import KEYBOARDS
from genops.fuzz.mutator import find_mutator
from genops.fuzz.mutators.accents import accents
from genops.fuzz.mutators.case import case
from genops.fuzz.mutators.exotic_spaces import exotic_spaces
from genops.fuzz.mutators.keyboard import keyboard
from genops.fuzz.mutators.letter_spacing import letter_spacing
from genops.fuzz.mutators.punctuation import punctuation
from genops.fuzz.mutators.typos import typos
from genops.fuzz.mutators.white_space import white_space

TEXTS = st.text(st.characters(exclude_categories=()), max_size=100)
PRINTABLE = st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E))
SEEDS = st.builds(Random, st.integers(0, 2**32))
KEPT = ["homoglyphs", "zero_width", "bidi", "combining_marks", "normal_form", "full_width"]
KEPT += ["accents", "case", "exotic_spaces", "keyboard", "punctuation", "typos", "white_space"]
LOST = ["unicode_tags", "base64", "base32", "ascii85", "hex", "rot13", "url", "html_entities", "morse", "binary"]
LOST += ["leet", "reversal", "letter_spacing"]


@pytest.mark.parametrize(("name", "keeps"), [(name, True) for name in KEPT] + [(name, False) for name in LOST])
def test_it_keeps_the_meaning_where_a_reader_takes_the_result_for_the_text(name, keeps):
    assert find_mutator(name).keeps_meaning is keeps


class TestTypos:
    @pytest.mark.parametrize(
        ("kind", "slips"),
        [
            ("swap", {"tarce", "trcae", "traec"}),
            ("drop", {"tace", "trce", "trae"}),
            ("double", {"trrace", "traace", "tracce"}),
        ],
    )
    def test_a_kind_befalls_one_letter_within_the_word(self, kind, slips):
        assert {typos("trace", Random(seed), share=1, kind=kind) for seed in range(50)} == slips

    def test_all_kinds_occur(self):
        lengths = {len(typos("trace", Random(seed), share=1)) for seed in range(50)}
        assert lengths == {4, 5, 6}

    def test_short_words_and_numbers_stay(self):
        assert typos("it is not 12345 or E42", Random(0), share=1) == "it is not 12345 or E42"

    @given(TEXTS, SEEDS)
    def test_as_many_words_with_the_same_first_letters(self, text, rng):
        words = typos(text, rng, share=1).split()
        assert [word[0] for word in words] == [word[0] for word in text.split()]


class TestKeyboard:
    def test_a_key_touches_those_around_it(self):
        assert set(KEYBOARDS["qwerty"]["g"]) == set("fhtyvb")
        assert set(KEYBOARDS["qwerty"]["q"]) == set("wa")
        assert set(KEYBOARDS["azerty"]["m"]) == set("lp")
        assert set(KEYBOARDS["qwertz"]["y"]) == set("xas")

    @pytest.mark.parametrize("layout", KEYBOARDS)
    def test_touching_is_mutual_and_every_letter_has_a_key(self, layout):
        keys = KEYBOARDS[layout]
        assert sorted(keys) == list("abcdefghijklmnopqrstuvwxyz")
        assert all(key in keys[beside] for key in keys for beside in keys[key])

    @pytest.mark.parametrize("layout", KEYBOARDS)
    @given(text=PRINTABLE, rng=SEEDS)
    def test_a_letter_becomes_one_beside_it_in_the_same_case(self, layout, text, rng):
        result = keyboard(text, rng, share=1, layout=layout)
        assert len(result) == len(text)
        for old, new in zip(text, result, strict=True):
            assert new == old or (new.lower() in KEYBOARDS[layout][old.lower()] and new.isupper() == old.isupper())

    def test_the_first_and_last_letter_and_what_is_no_letter_stay(self):
        assert keyboard("an x1y 42", Random(0), share=1) == "an x1y 42"
        assert re.fullmatch("T[^e]..[^a].e", keyboard("Tellane", Random(0), share=1))


class TestCase:
    @pytest.mark.parametrize(
        ("form", "expected"),
        [("upper", "TELL ME"), ("lower", "tell me"), ("title", "Tell Me"), ("swap", "tELL ME")],
    )
    def test_a_form(self, form, expected):
        assert case("Tell me", Random(0), form) == expected

    @given(PRINTABLE, SEEDS)
    def test_letters_stay_whatever_their_case(self, text, rng):
        assert case(text, rng).lower() == text.lower()


class TestPunctuation:
    def test_marks_at_the_end_of_words_are_dropped_or_doubled(self):
        assert punctuation("Well, who? Me.", Random(0), share=1, kind="drop") == "Well who Me"
        assert punctuation("Well, who? Me.", Random(0), share=1, kind="double") == "Well,, who?? Me.."

    def test_marks_in_numbers_names_and_code_stay(self):
        text = "3.14 a.b (x) http://host:80/p?q=1,2"
        assert punctuation(text, Random(0), share=1) == text

    @given(TEXTS, SEEDS)
    def test_all_else_stays(self, text, rng):
        bare = str.maketrans("", "", ".,;:!?")
        assert punctuation(text, rng).translate(bare) == text.translate(bare)


class TestAccents:
    def test_those_that_there_are_go(self):
        assert accents("Où est le café, Ångström? Ёлка", Random(0)) == "Ou est le cafe, Angstrom? Елка"

    def test_where_there_are_none_some_come(self):
        result = accents("Tell me", Random(0), share=1)
        assert result != "Tell me"
        assert accents(result, Random(0)) == "Tell me"

    def test_a_kind_does_nothing_else(self):
        assert accents("Tell me", Random(0), "remove") == "Tell me"
        assert accents("é", Random(0), "add", share=1) == "é"

    @given(PRINTABLE, SEEDS)
    def test_what_was_added_can_be_removed(self, text, rng):
        assert accents(accents(text, rng, "add"), rng, "remove") == text

    def test_scripts_whose_marks_are_letters_stay(self):
        assert accents("नमस्ते 가나다", Random(0), "remove") == "नमस्ते 가나다"


class TestWhiteSpace:
    @given(TEXTS, SEEDS)
    def test_words_and_the_space_between_them_stay(self, text, rng):
        result = white_space(text, rng, share=1)
        assert result.split() == text.split()
        assert len(result) > len(text)

    def test_of_what_and_how_much(self):
        assert white_space("a b", Random(0), share=1, of="\t", most=1) == "\ta \tb\t"

    def test_of_nothing_it_gives_the_text(self):
        assert white_space("a b", Random(0), share=1, of="") == "a b"
        assert white_space("a b", Random(0), share=1, most=0) == "a b"


class TestExoticSpaces:
    @given(PRINTABLE, SEEDS)
    def test_no_space_of_ascii_is_left_and_nfkc_gives_the_text(self, text, rng):
        result = exotic_spaces(text, rng)
        assert " " not in result
        assert unicodedata.normalize("NFKC", result) == text
        assert result.split() == text.split()


class TestLetterSpacing:
    @given(TEXTS)
    def test_every_other_character_is_the_text(self, text):
        assert letter_spacing(text)[::2] == text
        assert set(letter_spacing(text)[1::2]) <= {"\n"}

    def test_a_separator(self):
        assert letter_spacing("page", "-") == "p-a-g-e"
