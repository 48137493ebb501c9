"""A check finds what makes the results of a dataset wrong."""

import numpy as np
import pytest

from genops.evals.datasets import Dataset
from genops.evals.datasets.check import check_dataset


@pytest.fixture
def check(folder):
    def check(rows, **options):
        rows = [{"id": str(number), **row} for number, row in enumerate(rows)]
        return check_dataset(Dataset.of(rows, folder), **options)

    return check


def found(report):
    return [(finding.kind, finding.how, finding.cases, finding.wrong) for finding in report.findings]


def test_a_good_dataset_is_counted(check):
    report = check(
        [
            {"q": "a", "expected": "yes", "split": "train", "tags": ["x"]},
            {"q": "b", "expected": "no", "split": "train"},
            {"q": "c", "expected": "yes", "split": "test", "tags": ["x", "y"]},
        ]
    )
    assert report.fine
    assert report.findings == []
    assert report.splits == {"train": 2, "test": 1}
    assert report.tags == {"train": {"x": 1}, "test": {"x": 1, "y": 1}}
    assert report.classes == {"train": {"yes": 1, "no": 1}, "test": {"yes": 1}}
    assert report.derived == 0


def test_copies_are_duplicates(check):
    report = check([{"q": "a", "expected": 1}, {"q": "b", "expected": 1}, {"q": "a", "expected": 1}])
    assert found(report) == [("duplicate", "exact", ("0", "2"), True)]
    assert not report.fine


def test_the_same_question_with_something_else_planted_asks_another_thing(check, folder):
    rows = [{"inputs": {"q": "a"}, "plants": [{"passage": text}], "scorers": ["refusal"]} for text in ("one", "two")]
    assert found(check([*rows, {"q": "a", "expected": "x"}])) == []
    assert found(check([*rows, rows[0]])) == [("duplicate", "exact", ("0", "2"), True)]
    assert len({case.id.partition("-")[0] for case in Dataset.of(rows, folder)}) == 2


def test_text_that_differs_in_case_and_marks_is_worth_a_look(check):
    report = check([{"q": "What is it?", "expected": "x"}, {"q": " what is  “IT”", "expected": "x"}])
    assert found(report) == [("duplicate", "text", ("0", "1"), False)]
    assert report.fine


@pytest.mark.parametrize(("one", "other"), [("C", "C++"), ("-5", "5"), ("3.14", "314"), ("!", "?")])
def test_what_matters_is_not_looked_past(check, one, other):
    assert check([{"q": one, "expected": "x"}, {"q": other, "expected": "x"}]).findings == []


def test_the_same_in_two_splits_leaks(check):
    rows = [{"q": "a b", "expected": "x", "split": "train"}, {"q": "A b.", "expected": "x", "split": "test"}]
    assert found(check(rows)) == [("leak", "text", ("0", "1"), True)]
    assert found(check([rows[0], {**rows[0], "split": "test"}])) == [("leak", "exact", ("0", "1"), True)]


def test_different_expectations_of_the_same_inputs_contradict(check):
    report = check([{"q": "a", "expected": "x"}, {"q": "a", "expected": "y"}, {"q": "b", "expected": "x"}])
    assert found(report) == [("contradiction", "exact", ("0", "1"), True)]


@pytest.mark.parametrize("empty", [None, "", [], {}])
def test_some_cases_that_expect_nothing_are_found(check, empty):
    assert found(check([{"q": "a", "expected": "x"}, {"q": "b", "expected": empty}])) == [("empty", None, ("1",), True)]
    assert check([{"q": "a", "expected": empty}, {"q": "b", "expected": empty}]).findings == []


def test_missing_ids_and_unreviewed_cases_are_counted(folder):
    from genops.evals.datasets.reading import CaseReader
    from genops.evals.datasets.sources.function import given_rows

    rows = given_rows([{"q": "a", "metadata.reviewed": False}, {"id": "b", "q": "b"}], "rows")
    report = check_dataset(Dataset.materialise(rows, CaseReader(unreviewed=True), folder, "rows"))
    assert report.derived == 1
    assert [finding.kind for finding in report.findings] == ["unreviewed"]
    assert report.fine


def test_an_embedder_finds_the_same_in_other_words(check):
    vectors = {"car": [1, 0], "automobile": [0.99, 0.141], "tea": [0, 1]}

    def embed(texts):
        return np.array([vectors[text] for text in texts], dtype=np.float32)

    rows = [{"q": "car", "split": "train"}, {"q": "tea", "split": "train"}, {"q": "automobile", "split": "test"}]
    assert found(check(rows, embed=embed)) == [("leak", "embedding", ("0", "2"), True)]
    assert check(rows, embed=embed, similarity=0.999).findings == []


def test_nearly_the_same_is_told_of_what_is_planted_too(check):
    def embed(texts):
        return np.eye(len(texts), dtype=np.float32)[[sorted(set(texts)).index(text) for text in texts]]

    rows = [{"inputs": {"q": "a"}, "plants": [{"passage": split}], "split": split} for split in ("train", "test")]
    assert check(rows, embed=embed).findings == []


def test_many_expected_values_are_no_classes(check):
    assert check([{"q": str(n), "expected": f"answer {n}"} for n in range(50)]).classes == {}
