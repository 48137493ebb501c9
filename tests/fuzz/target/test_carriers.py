"""Cases and fields are dealt evenly, at random, and the same every time."""

from collections import Counter
from itertools import islice

import pytest

from genops.errors import InputError, UsageError
from genops.evals.datasets import Dataset
from genops.fuzz.objective import Target
from genops.fuzz.target import Carriers, HarmlessCases, StepEntry, draw_cases
from genops.prompts import InputSpec
from genops.syntax import YamlFile

SPEC = InputSpec.parse({"question": "str", "notes": {"type": "str", "default": "none"}}, YamlFile({}, "chain"))
CASES = {f"case{number}": {"question": f"Is it {number}?"} for number in range(5)}


def carriers(fields=("question", "notes"), cases=CASES):
    return Carriers(Target("ask", fields, SPEC.validate(CASES["case0"])), SPEC, cases)


class TestDealing:
    def test_each_case_and_each_field_comes_as_often_as_the_others(self):
        dealt = list(islice(carriers().dealt("sweep"), 30))
        assert set(Counter(case for case, _ in dealt).values()) == {6}
        assert set(Counter(field for _, field in dealt).values()) == {15}

    def test_a_case_meets_every_field(self):
        assert len(set(islice(carriers().dealt("sweep"), 100))) == 10

    def test_the_same_name_is_dealt_the_same_and_another_is_not(self):
        first, again, other = (list(islice(carriers().dealt(name), 20)) for name in ("a", "a", "b"))
        assert first == again != other

    def test_where_there_is_no_choice_there_is_no_name(self):
        only = carriers(("question",), {"case0": CASES["case0"]})
        assert set(islice(only.dealt("sweep"), 10)) == {("", "")}


class TestTargets:
    def test_a_target_has_the_inputs_of_the_case_and_the_field_first(self):
        target = carriers().at("case3", "notes")
        assert target.inputs == {"question": "Is it 3?", "notes": "none"}
        assert target.fields == ("notes", "question")

    def test_what_has_no_name_is_the_first(self):
        assert carriers().at() == carriers().target

    def test_a_case_or_field_that_is_gone_is_told(self):
        with pytest.raises(UsageError, match="there is no harmless case 'case9' any more"):
            carriers().at("case9")
        with pytest.raises(UsageError, match="the chain 'ask' has no field 'note'") as caught:
            carriers().at(field="note")
        assert caught.value.hint == "did you mean notes?"

    def test_a_case_that_the_chain_does_not_take_is_told(self):
        with pytest.raises(InputError, match="there is no input 'other'"):
            carriers(cases={**CASES, "odd": {"question": "Is it?", "other": 1}}).at("odd")


@pytest.fixture
def dataset(tmp_path):
    return Dataset.of([{"id": id, "inputs": inputs} for id, inputs in CASES.items()], tmp_path)


class TestHarmlessCases:
    def test_they_are_read_as_they_are_asked_for(self, dataset):
        cases = HarmlessCases(dataset, [1, 3])
        assert list(cases) == ["case1", "case3"]
        assert cases.first == cases["case1"] == {"question": "Is it 1?"}

    def test_one_that_carries_no_attack_can_be_looked_up(self, dataset):
        cases = HarmlessCases(dataset, [1])
        assert cases["case4"] == {"question": "Is it 4?"}
        assert "case9" not in cases

    def test_at_a_step_they_have_what_it_is_given(self, dataset):
        entry = StepEntry("answer", {"case3": {"text": "So?"}}, "r" * 32)
        assert dict(HarmlessCases(dataset, [1, 3], entry)) == {"case3": {"question": "Is it 3?", "answer__text": "So?"}}

    def test_cases_none_of_which_comes_to_the_step_are_told(self, dataset):
        entry = StepEntry("answer", {"case3": {"text": "So?"}}, "r" * 32)
        with pytest.raises(UsageError, match="the step 'answer' does not run in any of the 2 cases"):
            HarmlessCases(dataset, [0, 1], entry)

    def test_of_many_cases_as_many_are_drawn_as_there_are_tries(self):
        few = draw_cases(range(100), 10, 0)
        assert len(few) == 10
        assert few == sorted(few) == draw_cases(range(100), 10, 0) != draw_cases(range(100), 10, 1)
        assert draw_cases(range(3), 10, 0) == [0, 1, 2]
        assert len(draw_cases(range(5_000), 100_000, 0)) == 1_000
        assert len(draw_cases(range(3), 0, 0)) == 1
