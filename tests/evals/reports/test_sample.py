"""One sample with what was asked, answered and scored."""

from io import StringIO

import pytest

from genops.evals.reports.sample import sample_json, sample_view
from genops.evals.reports.terminal import print_on


@pytest.fixture
def shown(evaluations):
    def show(sample, **options):
        record = evaluations.add([{"case": 0, **sample}], **options)
        (found,) = evaluations.results.samples(record, lambda _: True)
        out = StringIO()
        print_on(out, sample_view(found))
        return out.getvalue(), sample_json(found)

    return show


SCORE = {
    "value": 0.25,
    "passed": False,
    "label": "vague",
    "explanation": "Names no place.\nTwice.",
    "evidence": [{"text": "some \x1b[1mtown", "source": "output", "span": [3, 12], "note": "vague"}],
}


def test_scores_stand_with_explanation_and_evidence(shown, evaluations):
    text, data = shown({"output": evaluations.keep("in some town"), "scores": {"rubric": SCORE}})
    assert "  q: ask 0" in text
    assert "  expected: A" in text
    assert "  output: in some town" in text
    assert "rubric: 0.25  bad  vague" in text
    assert "    Names no place.\n    Twice." in text
    assert "output 3 to 12 (vague): some" in text
    assert "\x1b" not in text
    assert (data["inputs"], data["expected"], data["output"]) == ({"q": "ask 0"}, "A", "in some town")
    assert data["scores"]["rubric"]["label"] == "vague"


def test_an_output_that_was_pruned_is_told(shown):
    text, data = shown({"output": "0" * 64, "scores": {}})
    assert "the output is no longer stored" in text
    assert data["output_gone"]


def test_an_unscored_sample_says_why(shown, evaluations):
    text, _ = shown({"output": evaluations.keep("x"), "scores": {"rubric": {"unscored": "prose"}}})
    assert "rubric: unscored: prose" in text


def test_a_failed_run_has_its_error(shown):
    text, _ = shown({"status": "error", "error": {"type": "StepTimeout", "message": "too late"}})
    assert "infrastructure failed: StepTimeout: too late" in text


def test_what_a_judge_said_of_it_beside_other_answers_is_told(shown, evaluations):
    said = {"first": "one", "length": 1, "other_length": 1, "explanation": "It is\x1b[1m brief."}
    verdicts = [
        {**said, "second": "old", "outcome": 0.0, "orders_agree": True},
        {**said, "second": "older", "outcome": 0.5, "orders_agree": False},
        {"first": "one", "second": "oldest", "unscored": "prose"},
    ]
    text, data = shown({"output": evaluations.keep("x"), "pairs": verdicts})
    assert "  beside old: worse\n    It is" in text
    assert "  beside older: tie, as the orders disagree\n" in text
    assert "  beside oldest: unscored: prose\n" in text
    assert "\x1b" not in text
    assert data["pairs"][0]["outcome"] == 0
