"""Judges of retrieval and of answers by claims: the claims, their verdicts, and where both stand."""

import pytest

from genops.evals import Unscored
from genops.evals.judges.scorers.answer_correctness import answer_correctness
from genops.evals.judges.scorers.context_recall_judged import context_recall_judged
from genops.evals.judges.scorers.faithfulness import faithfulness
from genops.evals.judges.scorers.noise_sensitivity import noise_sensitivity
from genops.evals.judging import UnusableAnswer

HITS = [
    {"chunk_id": "c7", "text": "Paris is the capital of France."},
    {"chunk_id": "c9", "text": "It has two million inhabitants."},
]
OUTPUT = "Paris is the capital.  It has nine million people."


def claims(*pairs, text=None):
    """The claims of a text, each with its quote."""
    rule = {"json": {"claims": [{"claim": claim, "quote": quote} for claim, quote in pairs]}}
    return {**rule, "when": {"system": "take a text apart", **({"user": text} if text else {})}}


def verdicts(*rows, passages="passage 1"):
    """Verdicts on claims: (verdict, number of the passage, quote)."""
    keys = ("claim", "verdict", "passage", "quote")
    found = [{"reasoning": "so", **dict(zip(keys, (n, *row), strict=True))} for n, row in enumerate(rows, 1)]
    return {"json": {"verdicts": found}, "when": {"system": "check claims", "user": passages}}


TWO = claims(("Paris is the capital of France.", "Paris is the capital."), ("Paris has 9 million.", "nine million"))
CHECKED = verdicts(("supported", 1, "capital of France"), ("contradicted", 2, "two million"))


class TestFaithfulness:
    def test_is_the_share_of_supported_claims(self, bench):
        bench.hits = HITS
        score = bench.says(TWO, CHECKED).case(OUTPUT).score(faithfulness)
        assert score.value == 0.5
        assert score.explanation == "contradicted: Paris has 9 million."
        assert [claim["verdict"] for claim in score.metadata["claims"]] == ["supported", "contradicted"]
        assert len(score.metadata["runs"]) == 2

    def test_a_passage_may_be_numbered_as_a_float(self, bench):
        bench.hits = HITS
        floats = verdicts(("supported", 1.0, "capital of France"), ("not_stated", 0.0, ""))
        assert bench.says(TWO, floats).case(OUTPUT).score(faithfulness).value == 0.5

    def test_the_evidence_is_what_is_claimed_and_what_decides_it(self, bench):
        bench.hits = HITS
        score = bench.says(TWO, CHECKED).case(OUTPUT).score(faithfulness)
        assert [(piece.text, piece.source, piece.span) for piece in score.evidence] == [
            ("Paris is the capital.", "output", (0, 21)),
            ("capital of France", "c7", (13, 30)),
            ("nine million", "output", (30, 42)),
            ("two million", "c9", (7, 18)),
        ]

    def test_an_invented_quote_is_no_evidence(self, bench):
        bench.hits = HITS
        invented = verdicts(("supported", 1, "as everybody knows"), ("not_stated", 0, ""))
        score = bench.says(TWO, invented).case(OUTPUT).score(faithfulness)
        assert [piece.source for piece in score.evidence] == ["output", "output"]

    def test_passages_may_be_set(self, bench):
        score = bench.says(TWO, CHECKED).case(OUTPUT).score(faithfulness, passages=["a", {"text": "b"}])
        shown = bench.asked(score.metadata["runs"][1])[1]["content"]
        assert "passage 1⟧\na\n" in shown
        assert "passage 2⟧\nb\n" in shown

    def test_without_passages_there_is_no_score(self, bench):
        assert "retrieved no passages" in str(bench.says(TWO).case(OUTPUT).unscored(faithfulness))

    def test_a_text_without_claims_scores_as_the_suite_says(self, bench):
        bench.hits = HITS
        bench.says(claims()).case("I do not know.")
        assert "makes no claim" in str(bench.unscored(faithfulness))
        assert bench.score(faithfulness, no_claims=1.0).value == 1.0

    @pytest.mark.parametrize(
        ("numbers", "told"),
        [
            ((1,), "$.verdicts: there is no entry with `claim` 2"),
            ((1, 2, 3), "$.verdicts[2].claim: 3 is not one of [1, 2]"),
            ((1, 2, 2), "$.verdicts: there are too many entries (at most 1) with `claim` 2"),
        ],
    )
    def test_a_judge_that_gives_no_verdict_a_claim_is_asked_again(self, bench, numbers, told):
        bench.hits = HITS
        row = {"verdict": "supported", "passage": 1, "quote": "", "reasoning": "so"}
        wrong = {"json": {"verdicts": [{**row, "claim": number} for number in numbers]}}
        bench.says(TWO, {**wrong, "when": {"system": "check claims"}}).case(OUTPUT)
        error = bench.unscored(faithfulness)
        assert isinstance(error, UnusableAnswer)
        assert f"after 2 re-asks: {told}" in str(error)

    def test_a_judge_that_is_told_its_mistake_may_mend_it(self, bench):
        bench.hits = HITS
        right, wrong = verdicts(("supported", 1, ""), ("contradicted", 2, "")), verdicts(("supported", 1, ""))
        right["when"]["user"] = "no entry with `claim` 2"
        assert bench.says(TWO, right, wrong).case(OUTPUT).score(faithfulness).value == 0.5


def test_context_recall_is_the_share_of_the_expected_claims_that_the_passages_hold(bench):
    bench.hits = HITS
    score = bench.says(TWO, CHECKED).case("whatever").score(context_recall_judged, expected=OUTPUT)
    assert score.value == 0.5
    assert score.evidence[0].source == "expected"


def test_context_recall_needs_claims_to_recall(bench):
    bench.hits = HITS
    with pytest.raises(Unscored, match="expected answer makes no claim"):
        bench.says(claims()).case("whatever").score(context_recall_judged, expected="Hello!")


class TestAnswerCorrectness:
    def judge(self, bench):
        stated = claims(("a", "a"), ("b", "b"), ("c", "c"), text="a and b and c")
        wanted = claims(("a", "a"), ("d", "d"), text="a and d")
        right = verdicts(("supported", 1, "a"), ("not_stated", 0, ""), ("contradicted", 1, "d"), passages="a and d")
        covered = verdicts(("supported", 1, "a"), ("not_stated", 0, ""), passages="a and b and c")
        return bench.says(stated, wanted, right, covered)

    def test_is_the_f1_of_claims(self, bench):
        score = self.judge(bench).case("a and b and c").score(answer_correctness, expected="a and d")
        counts = [score.metadata[name] for name in ("true_positives", "false_positives", "false_negatives")]
        assert counts == [1, 2, 1]
        assert score.value == pytest.approx(1 / (1 + 1.5))
        assert score.explanation.splitlines()[-1] == "missing: d"

    def test_an_empty_answer_is_wrong_and_not_unscored(self, bench):
        wanted = claims(("a", "a"), text="a and d")
        bench.says(wanted, verdicts(("not_stated", 0, ""))).case("")
        assert bench.score(answer_correctness, expected="a and d").value == 0.0


def test_noise_sensitivity_is_the_share_of_wrong_claims_that_stand_in_a_passage(bench):
    bench.hits = HITS
    right = verdicts(("supported", 1, ""), ("contradicted", 1, ""), passages="The truth")
    origin = verdicts(("supported", 1, ""), ("supported", 2, ""), passages="Paris is the capital of France")
    score = bench.says(TWO, right, origin).case(OUTPUT).score(noise_sensitivity, expected="The truth.")
    assert score.value == 0.5
    assert (score.metadata["wrong"], score.metadata["from_passages"]) == (1, 1)
    assert noise_sensitivity.range.lower_is_better
