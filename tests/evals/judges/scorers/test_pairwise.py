"""``pairwise``: both orders, and a tie when they disagree."""

import pytest

from genops.evals.judges.scorers.pairwise import compare, pairwise
from genops.evals.judging import UnusableAnswer
from genops.executor import run_sync


def verdict(word, first=None):
    """A judge that says a word, or only when a text stands first."""
    rule = {"json": {"reasoning": f"says {word}", "verdict": word}}
    return {**rule, "when": {"user": rf"first answer⟧\n{first}\n"}} if first else rule


FAIR = (verdict("first", "good"), verdict("second"))
FIRST = (verdict("first"),)
TIE = (verdict("tie"),)
HALF = (verdict("first", "good"), verdict("tie"))


@pytest.mark.parametrize(
    ("judge", "pair", "winner", "agree"),
    [
        (FAIR, ("good", "bad"), "a", True),
        (FAIR, ("bad", "good"), "b", True),
        (FIRST, ("good", "bad"), "tie", False),
        (TIE, ("good", "bad"), "tie", True),
        (HALF, ("good", "bad"), "tie", False),
    ],
    ids=["win", "loss", "whoever is first", "tie", "half"],
)
def test_a_verdict_that_an_order_turns_is_a_tie(bench, judge, pair, winner, agree):
    bench.says(*judge)
    found = run_sync(compare(bench, "genops/pairwise", *pair, question="Which?"))
    assert (found.winner, found.agree) == (winner, agree)


def test_both_verdicts_are_told(bench):
    bench.says(*FIRST)
    found = run_sync(compare(bench, "genops/pairwise", "x", "y"))
    assert (found.forward, found.swapped) == ("a", "b")
    assert len({answer.run for answer in found.answers}) == 2


@pytest.mark.parametrize(("output", "value", "label"), [("good", 1.0, "win"), ("bad", 0.0, "loss")])
def test_as_a_scorer_the_output_is_compared_with_what_is_expected(bench, output, value, label):
    bench.says(*FAIR).case(output)
    score = bench.score(pairwise, expected="bad" if output == "good" else "good")
    assert (score.value, score.label, score.metadata["orders_agree"]) == (value, label, True)


def test_as_a_scorer_a_flip_is_half_a_point(bench):
    bench.says(*FIRST).case("x")
    score = bench.score(pairwise, expected="y")
    assert (score.value, score.label) == (0.5, "tie")
    assert (score.metadata["forward"], score.metadata["swapped"]) == ("win", "loss")
    assert score.explanation.startswith("the orders disagree")


def test_one_order_without_a_verdict_is_no_score(bench):
    bench.says(verdict("first", "good"), "I cannot say.").case("good")
    assert isinstance(bench.unscored(pairwise, expected="bad"), UnusableAnswer)
