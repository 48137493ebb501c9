import pytest

from genops.drift.descriptors.characters import characters
from genops.drift.descriptors.tokens import tokens
from genops.drift.descriptors.words import words
from tests.drift.sentences import SENTENCES


@pytest.mark.parametrize(
    ("language", "expected"), [("en", (56, 11, 12)), ("es", (57, 9, 12)), ("pt", (51, 10, 16)), ("id", (49, 7, 16))]
)
def test_a_sentence_has_so_many_characters_words_and_tokens(language, expected):
    text = SENTENCES[language][1]
    assert (characters(text), words(text), tokens(text)) == expected


def test_an_empty_text_has_none():
    assert (characters(""), words(""), tokens("")) == (0, 0, 0)


@pytest.mark.parametrize(
    ("text", "expected"),
    [("It's a well-known e-mail address", 5), ("version 3.11 costs $5", 4), ("如何重置密码", 6), ("...", 0)],
)
def test_words_are_counted_as_people_would(text, expected):
    assert words(text) == expected
