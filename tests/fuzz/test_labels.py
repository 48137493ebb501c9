"""Files of labels: what a row says, and what is wrong with one that says nothing."""

import json

import pytest

from genops.errors import DefinitionError
from genops.fuzz.labels import read_labels


@pytest.fixture
def written(tmp_path):
    def write(*rows, name="labels.jsonl"):
        path = tmp_path / name
        path.write_text("".join(f"{row if isinstance(row, str) else json.dumps(row)}\n" for row in rows))
        return path

    return write


def row(run="a" * 32, label=True, objective="prompt_extraction"):
    return {"run": run, "objective": objective, "label": label}


def test_labels_of_several_files_are_read_as_one(written):
    found = read_labels(written(row("a"), "", row("b", False)), written(row("c"), name="more.jsonl"))
    assert {run: label.breach for run, label in found.items()} == {"a": True, "b": False, "c": True}
    assert str(found["b"].at).endswith("labels.jsonl:3")


def test_a_label_that_was_taken_back_is_none(written):
    path = written(row("a"), row("b"), {"run": "a", "undo": True}, row("a", False))
    assert {run: label.breach for run, label in read_labels(path).items()} == {"b": True, "a": False}


def test_the_same_label_may_stand_twice(written):
    assert len(read_labels(written(row(), row()))) == 1


@pytest.mark.parametrize("second", [row(label=False), row(objective="pii_leak")])
def test_labels_that_contradict_each_other_name_both_lines(written, second):
    with pytest.raises(DefinitionError, match=r"run a{12} is .* here and a breach of 'prompt_extraction' at") as caught:
        read_labels(written(row(), second))
    assert "labels.jsonl:2" in str(caught.value)
    assert "labels.jsonl:1" in str(caught.value)


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("{", "not JSON"),
        ('["a", true]', "a row is a JSON object"),
        ({"objective": "pii_leak", "label": True}, "the label has no `run`"),
        ({"run": 7, "objective": "pii_leak", "label": True}, "the label has no `run`"),
        ({"run": "a", "label": True}, "the label has no `objective`"),
        ({"run": "a", "objective": "pii_leak"}, "`label` is true or false"),
        ({"run": "a", "objective": "pii_leak", "label": "yes"}, "`label` is true or false"),
    ],
)
def test_a_row_that_is_none_is_named_with_its_line(written, line, why):
    with pytest.raises(DefinitionError, match=why) as caught:
        read_labels(written(row("b"), line))
    assert "labels.jsonl:2" in str(caught.value)


def test_a_file_that_is_not_there_is_one_error(tmp_path):
    with pytest.raises(DefinitionError, match="there is no such labels file"):
        read_labels(tmp_path / "none.jsonl")
