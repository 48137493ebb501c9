"""Mutators that play with characters: what a reader sees stays, what a filter compares does not."""

import re
import unicodedata
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from genops.disguise.alphabets import HOMOGLYPHS
from genops.fuzz.mutators.bidi import bidi
from genops.fuzz.mutators.combining_marks import combining_marks
from genops.fuzz.mutators.full_width import full_width
from genops.fuzz.mutators.homoglyphs import homoglyphs
from genops.fuzz.mutators.normal_form import normal_form
from genops.fuzz.mutators.unicode_tags import unicode_tags
from genops.fuzz.mutators.zero_width import zero_width

TEXTS = st.text(st.characters(exclude_categories=("Cs", "Cn")), max_size=100)
PRINTABLE = st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E))
SEEDS = st.builds(Random, st.integers(0, 2**32))
FORMS = ("NFC", "NFD", "NFKC", "NFKD")


def shown_forwards(text):
    """What is shown of isolates that are overridden from right to left."""
    return re.sub("\u2066\u202e([^\u202c]*)\u202c\u2069", lambda word: word[1][::-1], text)


class TestHomoglyphs:
    def test_each_letter_with_a_double_becomes_one(self):
        first = {letter: doubles[0] for letter, doubles in HOMOGLYPHS.items()}
        result = homoglyphs("Tell me: 42 ß", Random(0), share=1)
        back = {double: letter for letter, doubles in HOMOGLYPHS.items() for double in doubles}
        assert "".join(back.get(char, char) for char in result) == "Tell me: 42 ß"
        assert not set(result) & set(first)

    def test_none_of_the_letters_without_a_share_changes(self):
        assert homoglyphs("Tell me", Random(0), share=0) == "Tell me"

    @pytest.mark.parametrize("form", FORMS)
    def test_no_normal_form_undoes_one(self, form):
        for letter, doubles in HOMOGLYPHS.items():
            assert unicodedata.normalize(form, doubles) == doubles
            assert not doubles.isascii(), letter

    def test_no_double_stands_for_two_letters_and_each_has_the_case_of_its_letter(self):
        doubles = [(double, letter) for letter, doubles in HOMOGLYPHS.items() for double in doubles]
        assert len(dict(doubles)) == len(doubles)
        assert all(double.isupper() == letter.isupper() for double, letter in doubles)


class TestBidi:
    def test_a_word_is_backwards_in_an_overridden_isolate(self):
        assert bidi("see page", Random(0), share=1) == "\u2066\u202eees\u202c\u2069 \u2066\u202eegap\u202c\u2069"

    @given(TEXTS.filter(lambda text: not re.search("[\u202a-\u202e\u2066-\u2069]", text)), SEEDS)
    def test_what_is_shown_is_the_text(self, text, rng):
        assert shown_forwards(bidi(text, rng, share=1)) == text

    @pytest.mark.parametrize("word", ["f(x)", "<b>", "שלום", "e\u0301te\u0301", "नमस्ते"])
    def test_what_would_look_different_turned_twice_stays(self, word):
        assert bidi(word, Random(0), share=1) == word

    def test_only_signs_that_keep_their_look_are_turned(self):
        turned = [char for char in map(chr, range(0x110000)) if bidi(char, Random(0), share=1) != char]
        assert not [char for char in turned if unicodedata.mirrored(char) or unicodedata.combining(char)]
        assert not {unicodedata.bidirectional(char) for char in turned} & {"R", "AL", "AN", "NSM", "WS", "B"}


class TestUnicodeTags:
    def test_each_ascii_character_becomes_its_tag(self):
        assert unicode_tags("Hi") == "\U000e0048\U000e0069"

    def test_a_cover_is_what_people_see(self):
        shown = unicode_tags("ignore that", cover="What is a trace?")
        assert "".join(char for char in shown if unicodedata.category(char) != "Cf") == "What is a trace?"

    @given(PRINTABLE)
    def test_it_is_undone_by_the_offset_of_the_block(self, text):
        assert "".join(chr(ord(char) - 0xE0000) for char in unicode_tags(text)) == text


class TestZeroWidth:
    @given(PRINTABLE, SEEDS)
    def test_without_what_is_not_shown_it_is_the_text(self, text, rng):
        result = zero_width(text, rng, share=1)
        assert "".join(char for char in result if unicodedata.category(char) != "Cf") == text
        assert len(result) == 2 * len(text)


class TestCombiningMarks:
    @given(PRINTABLE, SEEDS)
    def test_without_the_marks_it_is_the_text(self, text, rng):
        assert "".join(char for char in combining_marks(text, rng) if not unicodedata.combining(char)) == text

    @given(SEEDS, st.integers(1, 9))
    def test_a_letter_gets_no_more_than_the_most(self, rng, most):
        assert 2 <= len(combining_marks("a", rng, share=1, most=most)) <= 1 + most

    def test_a_most_of_nothing_still_gives_a_text(self):
        assert isinstance(combining_marks("abc", Random(0), share=1, most=-5), str)

    def test_only_letters_and_digits_get_some(self):
        assert combining_marks("? !\n", Random(0), share=1) == "? !\n"


class TestNormalForm:
    @pytest.mark.parametrize("form", FORMS)
    @given(TEXTS, SEEDS)
    def test_the_form_turns_the_result_into_what_it_turns_the_text_into(self, form, text, rng):
        result = normal_form(text, rng, form, share=1)
        assert unicodedata.normalize(form, result) == unicodedata.normalize(form, text)

    @pytest.mark.parametrize("form", FORMS)
    def test_so_it_is_for_every_character_that_has_a_double(self, form):
        text = " ".join(map(chr, [*range(0x20, 0xD800), *range(0xE000, 0x1D800)]))
        for seed in range(5):
            result = normal_form(text, Random(seed), form, share=1)
            assert unicodedata.normalize(form, result) == unicodedata.normalize(form, text)

    @pytest.mark.parametrize("form", ["NFKC", "NFKD"])
    def test_the_compatible_forms_know_a_double_of_every_letter_and_digit(self, form):
        text = "".join(char for char in map(chr, range(0x80)) if char.isalnum())
        assert not set(normal_form(text, Random(0), form, share=1)) & set(text)

    def test_the_canonical_ones_take_accents_apart(self):
        assert normal_form("café", Random(0), "NFC", share=1) == "cafe\u0301"

    def test_what_is_raised_or_lowered_is_no_double(self):
        digits = {normal_form("2", Random(seed), share=1) for seed in range(200)}
        assert len(digits) > 3
        assert not digits & {"²", "₂"}


class TestFullWidth:
    def test_exactly(self):
        assert full_width("Hi, you!") == "Ｈｉ，\u3000ｙｏｕ！"

    @given(PRINTABLE)
    def test_nfkc_gives_the_text(self, text):
        assert unicodedata.normalize("NFKC", full_width(text)) == text
