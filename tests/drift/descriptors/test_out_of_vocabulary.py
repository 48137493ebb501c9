import numpy as np
import pytest

from genops.drift.descriptor import Reference
from genops.drift.descriptors.out_of_vocabulary import expected_share, out_of_vocabulary
from tests.drift.sentences import SENTENCES


def test_it_is_the_share_of_words_that_the_reference_lacks():
    reference = Reference.of(["Where is my order?", "My invoice is wrong."])
    assert out_of_vocabulary(["Where is MY invoice?", "my parcel is late", ""], reference) == [0, 0.5, None]


def test_words_with_digits_do_not_count():
    reference = Reference.of(["order 4711"])
    assert out_of_vocabulary(["order 4712", "4713"], reference) == [0, None]


def test_the_expected_share_is_that_of_words_that_one_group_alone_uses():
    reference = Reference.of(["my order", "my parcel", "my parcel"], ["ann", "bob", "bob"])
    assert expected_share(reference) == pytest.approx((1 / 2 + 1 / 2 + 1 / 2) / 3)
    assert expected_share(Reference.of(["my order", "my parcel", "my parcel"])) == pytest.approx(1 / 6)


def test_the_expected_share_is_what_an_unchanged_window_has():
    """200 references of 200 texts of Zipf's words: the mean of the expectation is the mean of what comes."""
    random = np.random.default_rng(0)
    apart = []
    for _ in range(200):
        texts = [" ".join(map(_word, words)) for words in random.zipf(1.7, size=(250, 8))]
        reference = Reference.of(texts[:200])
        apart.append(expected_share(reference) - np.mean(out_of_vocabulary(texts[200:], reference)))
    assert abs(np.mean(apart)) <= 4 * np.std(apart) / np.sqrt(200)


@pytest.mark.parametrize("code", ["es", "pt", "id"])
def test_another_language_is_unknown(code):
    reference = Reference.of(SENTENCES["en"])
    assert np.mean(out_of_vocabulary(SENTENCES[code], reference)) > 0.9
    assert np.mean(out_of_vocabulary(SENTENCES[code], Reference.of(SENTENCES[code][:4]))) < 0.8


def _word(number):
    return "".join(chr(97 + int(digit)) for digit in str(number))
