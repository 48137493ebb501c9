"""Judges that choose: closed questions, factuality, grades beside a reference, decision trees."""

import pytest
from pydantic import TypeAdapter

from genops.evals.judges.scorers.closed_qa import closed_qa
from genops.evals.judges.scorers.decision_tree import Fork, decision_tree
from genops.evals.judges.scorers.factuality import factuality
from genops.evals.judges.scorers.reference_guided import reference_guided
from genops.evals.judging import UnusableAnswer

INPUTS = "{criterion: str, output: str, question: str, reference: str}"


def yes_or_no(verdict, **when):
    rule = {"json": {"reasoning": f"because {verdict}", "quotes": ["Paris"], "verdict": verdict}}
    return {**rule, "when": when} if when else rule


class TestClosedQa:
    @pytest.mark.parametrize(("said", "value"), [("yes", 1.0), ("no", 0.0)])
    def test_yes_is_one(self, bench, said, value):
        bench.says(yes_or_no(said)).case("It is Paris.")
        score = bench.score(closed_qa, criterion="Does it name a city?")
        assert (score.value, score.label, score.explanation) == (value, said, f"because {said}")
        assert score.evidence[0].span == (6, 11)

    def test_another_word_is_no_score(self, bench):
        bench.says(yes_or_no("maybe")).case("It is Paris.")
        assert isinstance(bench.unscored(closed_qa, criterion="A city?"), UnusableAnswer)

    @pytest.mark.parametrize(
        ("kind", "said"), [("bool", True), ("str", "Yes"), ("{type: enum, values: [ja, nein]}", "ja")]
    )
    def test_a_template_of_the_project_that_answers_in_other_words_gives_no_score(self, bench, kind, said):
        output = f"{{properties: {{reasoning: str, quotes: {{type: list, items: str}}, verdict: {kind}}}}}"
        bench.site.prompt("genops/closed_qa", f"---\ninputs: {INPUTS}\noutput: {output}\n---\n{{{{ output }}}}")
        bench.says({"reasoning": "", "quotes": [], "verdict": said}).case("It is Paris.")
        error = bench.unscored(closed_qa, criterion="A city?")
        assert isinstance(error, UnusableAnswer)
        assert f"$.verdict: {said!r} is not one of ['yes', 'no']" in error.message

    def test_a_template_of_the_project_that_leaves_something_out_is_told_of_by_its_name(self, bench):
        output = "{properties: {verdict: {type: enum, values: ['yes', 'no']}}}"
        bench.site.prompt("brief", f"---\ninputs: {INPUTS}\noutput: {output}\n---\n{{{{ output }}}}")
        bench.says({"verdict": "yes"}).case("It is Paris.")
        assert (
            "$: 'reasoning' is a required property" in bench.unscored(closed_qa, criterion="?", prompt="brief").message
        )


class TestFactuality:
    @pytest.mark.parametrize(
        ("choice", "value"), [("equal", 1), ("immaterial", 1), ("superset", 0.6), ("subset", 0.4), ("disagree", 0)]
    )
    def test_a_choice_is_worth_something(self, bench, choice, value):
        bench.says({"reasoning": "why", "verdict": choice}).case("Paris")
        score = bench.score(factuality, expected="It is Paris.")
        assert (score.value, score.label) == (value, choice)

    def test_a_suite_may_say_what(self, bench):
        bench.says({"reasoning": "why", "verdict": "subset"}).case("Paris")
        assert bench.score(factuality, expected="It is Paris.", scores={"subset": 0.9}).value == 0.9

    def test_both_answers_are_shown(self, bench):
        bench.says({"reasoning": "why", "verdict": "subset"}).case("Paris", question="Which city?")
        score = bench.score(factuality, expected="It is Rome.")
        shown = bench.asked(score.metadata["runs"][0])[1]["content"]
        assert all(text in shown for text in ("Which city?", "expert's answer⟧\nIt is Rome.", "answer⟧\nParis"))


def test_a_grade_beside_a_reference_is_a_share_of_ten(bench):
    bench.says({"own_answer": "42", "reasoning": "one slip", "score": 7}).case("41")
    score = bench.score(reference_guided, expected="42", criterion="the arithmetic")
    assert score.value == pytest.approx(6 / 9)
    assert score.metadata["raw"] == 7
    assert "Look at this above all: the arithmetic" in bench.asked(score.metadata["runs"][0])[0]["content"]


class TestDecisionTree:
    TREE = Fork.model_validate(
        {
            "question": "Does it name a city?",
            "yes": {"question": "Is it Paris?", "yes": {"score": 1, "label": "right"}, "no": 0.25},
            "no": 0,
        }
    )

    @pytest.mark.parametrize(
        ("no", "why"),
        [
            (2, r"\(no\.score\): Input should be less than or equal to 1"),
            ({"score": 2}, r"\(no\.leaf\.score\): Input should be less than or equal to 1"),
            ({"question": "So?", "yes": 1}, r"\(no\.question\.no\): Field required"),
            ("maybe", r"\(no\.score\): Input should be a valid number"),
        ],
    )
    def test_a_broken_branch_is_told_by_what_it_is_meant_to_be(self, no, why):
        with pytest.raises(ValueError, match=why):
            decision_tree.settings["tree"].check({"question": "Is it?", "yes": 1, "no": no})

    def test_the_answers_are_the_path_to_the_score(self, bench):
        bench.says(yes_or_no("yes", system="name a city"), yes_or_no("no", system="Is it Paris")).case("It is Paris.")
        score = bench.score(decision_tree, tree=self.TREE)
        assert (score.value, score.label) == (0.25, "")
        assert [(step["question"], step["answer"]) for step in score.metadata["path"]] == [
            ("Does it name a city?", "yes"),
            ("Is it Paris?", "no"),
        ]
        assert [piece.note for piece in score.evidence] == ["Does it name a city? yes", "Is it Paris? no"]
        assert len(score.metadata["runs"]) == 2

    def test_a_leaf_may_have_a_label(self, bench):
        bench.says(yes_or_no("yes")).case("It is Paris.")
        score = bench.score(decision_tree, tree=self.TREE)
        assert (score.value, score.label) == (1.0, "right")

    @pytest.mark.parametrize("leaf", [2, -1, "fine", {"score": 1, "labels": "x"}, None])
    def test_a_leaf_is_a_score(self, leaf):
        tree = TypeAdapter(Fork)
        with pytest.raises(ValueError, match="no"):
            tree.validate_python({"question": "?", "yes": 1, "no": leaf})
