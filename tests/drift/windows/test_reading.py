"""A value gives rows by its kind; rows are drawn by whole groups."""

import numpy as np
import pytest

from genops.drift.windows import Observation, StateSpec, read_windows
from genops.errors import DefinitionError, InputError
from genops.syntax import compile_value


def read(values, kind=None, **more):
    observations = [Observation(str(number), {"value": value}) for number, value in enumerate(values)]
    return read_windows(observations, [StateSpec("state", compile_value("{{ value }}"), kind, **more)], "w")["state"]


def test_a_list_gives_a_row_for_each_member_all_of_one_group():
    found = read([["a", "b"], ["c"]])
    assert found.values == ("a", "b", "c")
    assert found.group_count == 2


def test_passages_give_their_texts():
    assert read([[{"text": "a", "score": 1.0}, {"text": "b"}]]).values == ("a", "b")


def test_a_mapping_without_a_text_of_its_own_gives_the_texts_in_it():
    assert read([{"b": "two", "a": "one", "n": 3}]).values == ("one\ntwo",)


def test_numbers_truth_values_and_lists_of_numbers_are_what_they_are():
    assert read([1, 2.5]).kind == "number"
    assert read([True, False]).values == ("true", "false")
    assert read([[1.0, 2.0]]).kind == "vector"


def test_what_is_none_or_not_finite_is_left_out_and_counted():
    assert read(["a", None]).left_out == {"no value": 1}
    assert read([1.0, float("nan")], "number").left_out == {"no finite number": 1}
    assert read([np.array([1.0, 1e30]), np.ones(2)]).left_out == {"a vector that is not finite": 1}


def test_what_is_no_number_is_left_out_where_some_are_with_the_rest_in_its_place():
    found = read(["n/a", 1, "2.5", None], "number")
    assert found.values.tolist() == [1.0, 2.5]
    assert found.ids == ("1", "2")
    assert found.left_out == {"no finite number": 1, "no value": 1}


def test_an_expression_that_never_reads_names_the_window():
    observations = [Observation("1", {"other": 1})]
    with pytest.raises(InputError, match=r"nothing of w can be read: .*'value' is undefined"):
        read_windows(observations, [StateSpec("state", compile_value("{{ value }}"))], "w")


def test_one_that_reads_nothing_is_an_error_also_where_some_runs_failed():
    failed = Observation("2", {}, missing="the run ended as error")
    state = StateSpec("state", compile_value("{{ inputs.txt }}"))
    with pytest.raises(InputError, match="nothing of w can be read") as error:
        read_windows([Observation("1", {"inputs": {"text": "a"}}), failed], [state], "w")
    assert "inputs.text" in error.value.hint
    assert read_windows([failed], [state], "w")["state"].left_out == {"the run ended as error": 1}


def test_vectors_are_no_texts():
    with pytest.raises(DefinitionError, match="in w should be texts, and are vectors"):
        read([np.ones(3)], "text")
    with pytest.raises(DefinitionError, match="should be names of categories, and are vectors"):
        read([np.ones(3)], "category")


def test_labels_that_can_be_read_of_no_row_are_told():
    observations = [Observation(name, {"text": name, "tenant": "t"}, group=f"of {name}") for name in "ab"]
    expressions = {name: compile_value(f"{{{{ {name} }}}}") for name in ("sesion", "tennant", "tenant")}
    segments = {"who": expressions["tennant"], "tenant": expressions["tenant"]}
    state = StateSpec("state", group=expressions["sesion"], context=expressions["tennant"], segments=segments)
    found = read_windows(observations, [state], "w")["state"]
    assert {name: why.hint for name, why in found.unread.items()}.keys() == {"group", "context", "segments: who"}
    assert "tenant" in found.unread["context"].hint
    assert found.groups == ("of a", "of b")
    some = [Observation("c", {"text": "c", "sesion": "s", "tennant": None, "tenant": "t"}), *observations]
    assert read_windows(some, [state], "w")["state"].unread == {}


def test_values_of_several_kinds_are_refused_unless_the_kind_is_said():
    with pytest.raises(DefinitionError, match="in w are number and text"):
        read(["a", 1])
    assert read(["a", 1], "text").values == ("a", "1")
    with pytest.raises(DefinitionError, match="in w should be numbers, and are str"):
        read(["a", "b"], "number")


def test_no_rows_are_an_empty_window():
    assert len(read([])) == 0


def test_a_group_and_a_context_may_be_read_from_the_row():
    expression = compile_value("{{ value[0] }}")
    found = read(["ab", "ac", "b"], group=expression, context=expression)
    assert found.groups == found.contexts == ("a", "a", "b")


def test_drawing_takes_whole_groups_the_same_ones_for_a_seed():
    window = read([[f"{group}{row}" for row in range(3)] for group in range(20)])
    drawn = window.drawn(10, seed=1)
    assert len(drawn) == 9
    assert drawn.drawn_from == 60
    assert drawn.values == window.drawn(10, seed=1).values != window.drawn(10, seed=2).values
    assert all(drawn.groups.count(group) == 3 for group in set(drawn.groups))
    assert window.drawn(60, seed=1) is window


def test_rows_may_be_taken_in_another_order():
    window = read([1.0, 2.0, 3.0])
    assert np.array_equal(window.at([2, 0]).values, [3.0, 1.0])
    assert window.at([2, 0]).ids == ("2", "0")
