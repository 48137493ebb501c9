"""``rubric``: an anchored scale, normalised; no level is no score."""

import pytest

from genops.evals.judges.scorers.rubric import rubric
from genops.evals.judging import NoAnswer, UnusableAnswer

VERDICT = {"reasoning": "It is polite.", "quotes": ["thank   you", "not there"], "score": 4}


def test_a_level_becomes_a_share_of_the_scale(bench):
    bench.says(VERDICT).case("I thank you, sir.")
    score = bench.score(rubric, criterion="Is it polite?")
    assert (score.value, score.label, score.explanation) == (0.75, "4", "It is polite.")
    assert score.metadata["raw"] == 4
    assert len(score.metadata["prompts"][0]) == 64
    assert score.metadata["models"] == ["m"]


def test_quotes_are_evidence_where_they_stand_in_the_text(bench):
    bench.says(VERDICT).case("I thank you, sir.")
    (evidence,) = bench.score(rubric, criterion="Is it polite?").evidence
    assert (evidence.text, evidence.span, evidence.source) == ("thank you", (2, 11), "output")


def test_the_judge_reads_criterion_scale_question_and_text(bench):
    bench.says({**VERDICT, "score": -1}).case("some text", question="Who goes?")
    score = bench.score(rubric, criterion="Is it rude?", levels={-1: "a saint", 0: "human", 9: "a villain"})
    assert score.value == 0.0
    system, user = (message["content"] for message in bench.asked(score.metadata["runs"][0]))
    assert "Is it rude?" in system
    assert "-1: a saint\n0: human\n9: a villain" in system
    assert "Who goes?" in user
    assert "some text" in user


def test_a_level_is_labelled_as_the_scale_writes_it(bench):
    bench.says({**VERDICT, "score": 4.0}).case("text")
    score = bench.score(rubric, criterion="Good?")
    assert (score.value, score.label, score.metadata["raw"]) == (0.75, "4", 4)


def test_what_is_no_level_is_no_score_after_the_re_asks(bench):
    bench.says({**VERDICT, "score": 11}).case("text")
    error = bench.unscored(rubric, criterion="Good?")
    assert isinstance(error, UnusableAnswer)
    assert "after 2 re-asks: $.score: 11 is not one of [1, 2, 3, 4, 5]" in str(error)


def test_a_judge_that_is_told_its_mistake_may_mend_it(bench):
    corrected = {"json": {**VERDICT, "score": 4}, "when": {"user": "11 is not one of"}}
    bench.says(corrected, {**VERDICT, "score": 11}).case("text")
    score = bench.score(rubric, criterion="Good?")
    assert (score.value, score.label) == (0.75, "4")
    (run,) = score.metadata["runs"]
    assert len([span for span in bench.site.trace(run).spans if span.kind == "model"]) == 2


def test_prose_is_no_score_after_the_re_asks(bench):
    bench.says("I would say four out of five.").case("text")
    error = bench.unscored(rubric, criterion="Good?")
    assert isinstance(error, UnusableAnswer)
    assert "after 2 re-asks" in str(error)
    assert len([span for span in bench.site.trace(error.run).spans if span.kind == "model"]) == 3


def test_a_server_that_fails_is_told_apart(bench):
    bench.says({"fault": {"kind": "refuse"}}).case("text")
    error = bench.unscored(rubric, criterion="Good?")
    assert isinstance(error, NoAnswer)
    assert "the judge gave no answer" in str(error)


def test_a_scale_has_two_levels():
    with pytest.raises(ValueError, match=r"levels.*at least 2"):
        rubric.settings["levels"].check({1: "fine"})
