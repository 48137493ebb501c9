import collections

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from genops.drift.terms import count_terms, shown

TEXTS = st.lists(st.lists(st.sampled_from(["a", "b", "c", "."]), max_size=12).map(" ".join), min_size=1, max_size=8)


def counted(terms):
    table = terms.counts.toarray()
    names = terms.named(range(len(terms)))
    return {shown(name): table[:, term].astype(int).tolist() for term, name in names.items()}


def literal(texts, least):
    """Runs of one to three words between full stops, that enough texts have."""
    found = collections.defaultdict(lambda: [0] * len(texts))
    for row, text in enumerate(texts):
        for sentence in text.split("."):
            words = sentence.split()
            for length in (1, 2, 3):
                for start in range(len(words) - length + 1):
                    found[" ".join(words[start : start + length])][row] += 1
    return {term: counts for term, counts in found.items() if sum(map(bool, counts)) >= least}


@given(TEXTS, st.integers(1, 3))
@settings(deadline=None)
def test_they_are_what_a_plain_loop_counts(texts, least):
    terms = count_terms(texts, least_groups=least)
    assert counted(terms) == literal(texts, least)
    words = [len(text.replace(".", " ").split()) for text in texts]
    assert terms.sizes[:, 0].tolist() == words


def test_words_are_those_of_any_script():
    texts = ["Größe ÉTÉ don't GPT-4.1", "größe été don't gpt-4.1", "東京は हिन्दी", "東京は हिन्दी"]
    found = counted(count_terms(texts))
    assert {"grösse", "été", "don't", "gpt-4.1", "東", "東京", "東京は", "हिन्दी"} <= set(found)


def test_phrases_do_not_cross_punctuation():
    found = counted(count_terms(["red. Green blue", "red. Green blue"]))
    assert "green blue" in found
    assert "red green" not in found


def test_a_term_of_one_group_alone_is_left_out():
    assert "cat" not in counted(count_terms(["cat dog", "cat dog", "dog"], np.array([0, 0, 1])))


def test_the_most_frequent_are_kept():
    found = counted(count_terms(["a b", "a b", "a c", "c"], least_groups=1, most=2))
    assert set(found) == {"a", "b"} or set(found) == {"a", "c"}


def test_no_more_than_a_bound_is_read_and_as_much_of_each():
    texts = ["word " * 1000, "ab " * 3, "word " * 1000]
    terms = count_terms(texts, least_groups=1, read=400)
    assert terms.sizes[:, 0].tolist() == [39, 3, 39]
    assert terms.read < 0.05


def test_any_text_is_taken():
    texts = ["", "\ud800 lone", "\ud800 lone", "x" * 1_000_000, "\x00\n\n\t", "!!!"]
    assert "lone" in counted(count_terms(texts))
    assert len(count_terms([""])) == 0
