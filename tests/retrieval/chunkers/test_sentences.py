import pytest

from genops.retrieval.chunkers.section import Break
from genops.retrieval.chunkers.sentences import paragraphs, prose_breaks


def sentences(text):
    ends = [place for place, kind in prose_breaks(text, 0, len(text)) if kind is Break.SENTENCE]
    return [text[start:end].strip() for start, end in zip([0, *ends], [*ends, len(text)], strict=True)]


def test_latin_sentences_end_at_a_mark_with_white_space_behind_it():
    assert sentences("One. Two! Three? Four… Five") == ["One.", "Two!", "Three?", "Four…", "Five"]


@pytest.mark.parametrize(
    "parts",
    [
        ["これは文です。", "それも文です！", "本当？", "はい"],
        ["「行くよ。」", "彼は言った。", "終わり"],
        ["यह एक वाक्य है।", "यह दूसरा है॥", "तीसरा"],
        ["هل هذا صحيح؟", "نعم.", "حسنا"],
        ["یہ ایک جملہ ہے۔", "دوسرا"],
        ["ይህ ዓረፍተ ነገር ነው።", "ሁለተኛ"],
    ],
    ids=["japanese", "quoted", "hindi", "arabic", "urdu", "amharic"],
)
@pytest.mark.parametrize("space", ["", " "])
def test_other_scripts_have_marks_of_their_own(parts, space):
    space = " " if "نعم." in parts else space
    assert sentences(space.join(parts)) == parts


@pytest.mark.parametrize(
    "sentence",
    [
        "Ask Dr. Smith or Mrs. Jones about it.",
        "Some animals, e.g. Whales, i.e. Mammals, swim.",
        "See Fig. 3 and cf. No. 7 of Vol. 2.",
        "J. R. R. Tolkien wrote it.",
        "It weighs 3.14 kg at example.org.",
        "They met at 5 p.m. in town.",
        "Il y a M. Dupont et Mme. Durand.",
        "Das gilt z.B. Haien bzw. Walen.",
        "La Sra. García y el Dr. Pérez, p.ej. Ana.",
        "It was (approx. five) metres long, etc. and so on.",
        "Well ... maybe not.",
        '"Why?" he asked.',
        "1. First of all",
        "  12. Twelfth",
    ],
)
def test_some_full_stops_end_no_sentence(sentence):
    assert sentences(sentence) == [sentence.strip()]


def test_what_closes_a_quotation_belongs_to_the_sentence():
    assert sentences("He said “no.” Then (he left.) Gone.") == ["He said “no.”", "Then (he left.)", "Gone."]


def test_a_number_or_a_word_like_an_abbreviation_may_end_a_sentence():
    assert sentences("It was 1999. Then no. We left the U.S. Then home.") == [
        "It was 1999.",
        "Then no.",
        "We left the U.S.",
        "Then home.",
    ]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_a_blank_line_parts_paragraphs(end):
    text = f"one{end}still one{end} \t{end}{end}two"
    assert [text[block.start : block.end].strip() for block in paragraphs(text)] == [f"one{end}still one", "two"]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_lines_that_look_like_items_are_better_to_cut_at_than_other_lines(end):
    text = f"a list:{end}- one{end}  more{end}2) two"
    assert [kind for _, kind in prose_breaks(text, 0, len(text))] == [Break.ITEM, Break.LINE, Break.ITEM]
