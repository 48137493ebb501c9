import threading

import pytest

from genops.errors import DefinitionError
from genops.retrieval.lexical import Analyzer
from genops.retrieval.lexical.languages import LANGUAGES


def test_words_are_lower_cased_stemmed_and_without_stop_words():
    assert Analyzer.of("en").tokens("The Replays of a trace: replaying it_twice, in 2024!") == [
        "replay", "trace", "replay", "it_twic", "2024",
    ]  # fmt: skip


def test_a_single_letter_is_no_word():
    assert Analyzer.of("en").tokens("C x π 7") == []


@pytest.mark.parametrize(
    ("language", "text", "tokens"),
    [
        ("id", "Pembaruan dokumen yang diperbarui oleh pengguna", ["baru", "dokumen", "baru", "guna"]),
        ("pt", "As atualizações dos documentos foram publicadas", ["atualiz", "document", "public"]),
        ("es", "Las actualizaciones de los documentos publicados", ["actualiz", "document", "public"]),
        ("de", "Die Wiederholungen der Läufe", ["wiederhol", "lauf"]),
        ("und", "The Replays", ["the", "replays"]),
        ("hi", "हिन्दी किताबें", ["हिन्द", "किताब"]),
    ],
)
def test_a_language_has_its_own_stems_and_stop_words(language, text, tokens):
    assert Analyzer.of(language).tokens(text) == tokens


@pytest.mark.parametrize(
    ("language", "text", "tokens"),
    [
        ("zh", "检索系统。好", ["检索", "索系", "系统", "好"]),
        ("ja", "索引をFAISSで作る", ["索引", "引を", "faiss", "で作", "作る"]),
        ("ko", "색인 빌드 v2", ["색인", "빌드", "v2"]),
        ("th", "ดัชนี", ["ดั", "ัช", "ชน", "นี"]),
    ],
)
def test_where_no_spaces_are_written_tokens_are_pairs_of_characters(language, text, tokens):
    assert Analyzer.of(language).tokens(text) == tokens


def test_ways_to_write_the_same_letters_are_one():
    english = Analyzer.of("en")
    assert english.tokens("cafe\u0301 \ufb01le ＦＡＩＳＳ") == english.tokens("café file faiss")


def test_every_language_can_be_analysed():
    for code in LANGUAGES:
        analyzer = Analyzer.of(code)
        assert analyzer.tokens("2024") == ["2024"], code
        assert analyzer.identity()["language"] == code


def test_a_region_says_nothing():
    assert Analyzer.of("pt-BR").identity() == Analyzer.of("PT_pt").identity() == Analyzer.of("pt").identity()


@pytest.mark.parametrize("code", ["english", "xx", "", "e"])
def test_an_unknown_language_is_an_error_with_the_known_ones(code):
    with pytest.raises(DefinitionError, match=r"(?s)not the code of a language.*(did you mean|known:)"):
        Analyzer.of(code)


def test_identity_tells_what_decides_the_tokens():
    assert Analyzer.of("en").identity() != Analyzer.of("de").identity()
    assert set(Analyzer.of("en").identity()) == {"version", "language", "stemmer", "stopwords"}
    assert Analyzer.of("zh").identity() == {"version": 1, "language": "zh"}


def test_threads_do_not_disturb_each_other():
    analyzer = Analyzer.of("en")
    words = [f"running{number} connections{number} {'abcdefgh'[number % 8]}ations" for number in range(3000)]
    expected = [Analyzer(analyzer.language).tokens(text) for text in words]
    found = [[] for _ in range(4)]

    def work(mine):
        mine.extend(analyzer.tokens(text) for text in words)

    threads = [threading.Thread(target=work, args=(mine,)) for mine in found]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(mine == expected for mine in found)
