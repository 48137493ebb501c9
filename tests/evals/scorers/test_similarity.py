"""Scorers of similarity, against the libraries and papers that define the measures."""

import random
import re
import string
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest
import sacrebleu
from rouge_score import rouge_scorer

from genops.evals import Unscored, find_scorer
from genops.evals.scorers.bleu import bleu
from genops.evals.scorers.chrf import chrf
from genops.evals.scorers.edit_similarity import edit_similarity
from genops.evals.scorers.exact_match import exact_match
from genops.evals.scorers.rouge import rouge
from genops.evals.scorers.ter import ter
from genops.evals.scorers.token_f1 import token_f1

WORDS = re.split(" ", "the a cat Cats sat on mat, running runs The. ran! 42 dog's naïve — über 3.14 it's")
OVERLAP = [bleu, chrf, ter, rouge]


def pairs(count: int = 60) -> list[tuple[str, list[str]]]:
    """Random outputs, each with one to three references that share words with it."""
    draw = random.Random(7)

    def text() -> str:
        return " ".join(draw.choices(WORDS, k=draw.randint(1, 12)))

    return [(text(), ["cat " + text() for _ in range(draw.randint(1, 3))]) for _ in range(count)]


def test_bleu_is_that_of_sacrebleu():
    for output, references in pairs():
        assert bleu(output, references).value == pytest.approx(sacrebleu.sentence_bleu(output, references).score / 100)


def test_chrf_is_that_of_sacrebleu():
    for output, references in pairs():
        assert chrf(output, references).value == pytest.approx(sacrebleu.sentence_chrf(output, references).score / 100)
        plus = sacrebleu.sentence_chrf(output, references, word_order=2).score / 100
        assert chrf(output, references, word_order=2).value == pytest.approx(plus)


def test_ter_is_that_of_sacrebleu_and_1_at_most():
    for output, references in pairs():
        rate = sacrebleu.sentence_ter(output, references).score / 100
        score = ter(output, references)
        assert score.metadata["rate"] == pytest.approx(rate)
        assert score.value == pytest.approx(min(1.0, rate))
    assert ter("a b c d", "x").metadata == {"rate": 4.0, "edits": 4.0}


@pytest.mark.parametrize("variant", ["rouge1", "rouge2", "rougeL", "rougeLsum"])
@pytest.mark.parametrize("stem", [False, True])
def test_rouge_is_that_of_rouge_score_and_the_best_reference_counts(variant: str, stem: bool):
    reference = rouge_scorer.RougeScorer([variant], use_stemmer=stem)
    for output, references in pairs():
        best = max((reference.score(r, output)[variant] for r in references), key=lambda found: found.fmeasure)
        score = rouge(output, references, variant=variant, stem=stem)
        assert score.value == pytest.approx(best.fmeasure)
        assert score.metadata == pytest.approx({"precision": best.precision, "recall": best.recall})


def test_rouge_of_ascii_words_is_the_same_with_either_tokenizer():
    for output, references in pairs():
        ascii_output = re.sub(r"[^a-zA-Z0-9 ]", " ", output)
        ascii_references = [re.sub(r"[^a-zA-Z0-9 ]", " ", text) for text in references]
        ours = rouge(ascii_output, ascii_references, words="unicode", stem=True)
        assert ours.value == rouge(ascii_output, ascii_references, stem=True).value


def test_rouge_of_other_scripts_wants_the_other_tokenizer():
    with pytest.raises(Unscored, match="`words: unicode`"):
        rouge("кошка сидит", "кошка спит")
    assert rouge("кошка сидит", "кошка спит", variant="rouge1", words="unicode").value == 0.5


def levenshtein(a: str, b: str) -> int:
    row = list(range(len(b) + 1))
    for i, x in enumerate(a, start=1):
        last, row[0] = row[0], i
        for j, y in enumerate(b, start=1):
            last, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, last + (x != y))
    return row[-1]


def test_edit_similarity_is_levenshteins():
    for output, references in pairs(20):
        wanted = max(1 - levenshtein(output, text) / max(len(output), len(text)) for text in references)
        assert edit_similarity(output, references).value == pytest.approx(wanted)
    assert edit_similarity("", "").value == 1
    assert edit_similarity("PARIS", "Paris", ignore_case=True).value == 1


def squad_normalised(text: str) -> str:
    """``normalize_answer`` of SQuAD 2.0's evaluation script."""
    text = "".join(character for character in text.lower() if character not in set(string.punctuation))
    return " ".join(re.sub(r"\b(a|an|the)\b", " ", text, flags=re.UNICODE).split())


def squad_f1(gold: str, predicted: str) -> float:
    """``compute_f1`` of SQuAD 2.0's evaluation script."""
    gold_tokens, predicted_tokens = squad_normalised(gold).split(), squad_normalised(predicted).split()
    same = sum((Counter(gold_tokens) & Counter(predicted_tokens)).values())
    if not gold_tokens or not predicted_tokens:
        return float(gold_tokens == predicted_tokens)
    if same == 0:
        return 0.0
    precision, recall = same / len(predicted_tokens), same / len(gold_tokens)
    return 2 * precision * recall / (precision + recall)


def test_token_f1_is_that_of_squad():
    for output, references in [*pairs(200), ("the a x", ["a x"]), ("", ["x"]), ("x", [""])]:
        assert token_f1(output, references).value == pytest.approx(max(squad_f1(r, output) for r in references))


def test_exact_match_is_that_of_squad():
    for output, references in [*pairs(), ("The  Cat!", ["cat"]), ("Paris", ["Lyon", "paris."]), ("", [""])]:
        wanted = any(squad_normalised(text) == squad_normalised(output) for text in references)
        assert exact_match(output, references).value == wanted


@pytest.mark.parametrize(("expected", "wrong"), [("A", ("", "the", "an", "B")), ("+", ("", "-")), ("?!", ("", "!"))])
def test_an_answer_of_nothing_but_an_article_or_a_sign_is_an_answer(expected, wrong):
    for scorer in (exact_match, token_f1):
        assert scorer(f" {expected.lower()} ", expected).value == 1
        assert [scorer(output, expected).value for output in wrong] == [0] * len(wrong)


def test_a_number_may_be_expected():
    assert exact_match("42.", find_scorer("exact_match").settings["expected"].check(42)).value == 1


@pytest.mark.parametrize("scorer", OVERLAP)
def test_an_empty_output_is_bad_and_a_reference_without_words_cannot_be_scored(scorer):
    assert scorer("", "some words").value == (1.0 if scorer is ter else 0.0)
    with pytest.raises(Unscored, match="give the case an `expected`"):
        scorer("text", ["", "…"])


@pytest.mark.parametrize(
    ("scorer", "length"), [(rouge, 3000), (ter, 400), (edit_similarity, 40_000)], ids=["rouge", "ter", "edit"]
)
def test_what_would_take_too_long_is_unscored(scorer, length: int):
    with pytest.raises(Unscored, match="too long"):
        scorer("word " * length, "term " * length)


@pytest.mark.parametrize("scorer", OVERLAP)
def test_threads_do_not_disturb_each_other(scorer):
    work = pairs(40)
    alone = [scorer(output, references).value for output, references in work]
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(lambda pair: scorer(*pair).value, work)) == alone
