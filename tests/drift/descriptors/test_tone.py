import pytest

from genops.drift.descriptors.readability import readability
from genops.drift.descriptors.refusal import refusal
from genops.drift.descriptors.sentiment import sentiment
from tests.drift.sentences import REFUSALS, SENTENCES


@pytest.mark.parametrize("code", SENTENCES)
def test_a_refusal_is_told_in_four_languages(code):
    assert refusal(REFUSALS[code]) == 1
    assert [refusal(text) for text in SENTENCES[code]] == [0] * len(SENTENCES[code])


def test_lix_is_words_a_sentence_and_the_percentage_of_long_words():
    assert readability("The invoice has a wrong address. Please correct it.") == pytest.approx(9 / 2 + 100 * 3 / 9)


@pytest.mark.parametrize("code", SENTENCES)
def test_long_words_and_sentences_are_harder_in_each_language(code):
    hard = {
        "en": "Notwithstanding the aforementioned contractual obligations, reimbursement presupposes documentation.",
        "es": "Independientemente de las obligaciones contractuales mencionadas, presentaremos reclamaciones.",
        "pt": "Independentemente das obrigações contratuais anteriormente mencionadas, apresentaremos reclamações.",
        "id": "Sehubungan dengan ketentuan tersebut, penggantian mensyaratkan kelengkapan dokumentasi.",
    }
    assert readability(hard[code]) > 60 > readability(SENTENCES[code][2])


@pytest.mark.parametrize("text", ["", "two words", "如何重置我的密码 请 帮助"])
def test_readability_does_not_apply_to_what_has_no_words_between_spaces(text):
    assert readability(text) is None


def test_sentiment_is_of_english_alone():
    assert sentiment("This is wonderful, thank you so much, great work!") > 0.8
    assert sentiment("This is terrible, I am very angry and disappointed.") < -0.6
    assert [sentiment(text) for code in ("es", "pt", "id") for text in SENTENCES[code]] == [None] * 24
