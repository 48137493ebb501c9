"""Which cases to label next."""

import json

import pytest

from genops.errors import UsageError
from genops.evals.judges.labels import Labels
from genops.evals.judges.planning import plan


@pytest.fixture
def labels(tmp_path):
    """40 cases: the judges disagree on 30 to 34, the order turns one of them on 35, and 36 has no verdict of b."""
    rows = []
    for n in range(40):
        shown = {"id": n, "output_1": "x", "output_2": "y", "human": "1" if n < 5 else None}
        a, b = {"forward": "1", "swapped": "1"}, {"forward": "1", "swapped": "1"}
        if 30 <= n < 35:
            b = {"forward": "2", "swapped": "2"}
        b |= {35: {"swapped": "2"}, 36: {"forward": "None"}}.get(n, {})
        rows += [{**shown, "judge": "a", **a}, {**shown, "judge": "b", **b}]
    path = tmp_path / "labels.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return Labels.load(path)


def test_what_is_chosen_tells_most_and_says_why(labels):
    planned = plan(labels, 7, random_share=0.0)
    assert {case.row.case for case in planned[:5]} == {"30", "31", "32", "33", "34"}
    assert {case.row.case for case in planned[5:]} == {"35", "36"}
    assert planned[0].why == "judges say 1 (1), 2 (1)"
    assert {case.why for case in planned[5:]} == {"the order turns b", "no verdict of b"}
    assert {case.drawn for case in planned} == {"chosen"}


def test_the_random_part_is_drawn_without_looking(labels):
    planned = plan(labels, 10, random_share=0.5)
    assert [case.drawn for case in planned] == ["random"] * 5 + ["chosen"] * 5
    assert len({case.row.case for case in planned}) == 10


def test_every_unlabelled_case_is_drawn_as_often(labels):
    drawn = [case.row.case for seed in range(300) for case in plan(labels, 7, random_share=1.0, seed=seed)]
    counts = [drawn.count(str(n)) for n in range(5, 40)]
    assert min(counts) >= 30
    assert max(counts) <= 95
    assert not {str(n) for n in range(5)} & set(drawn)


def test_a_case_that_was_chosen_before_may_still_be_drawn(tmp_path):
    path = tmp_path / "labels.jsonl"
    rows = [{"id": n, "verdict": "yes", "human": "yes", "drawn": "chosen"} for n in range(3)]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    assert {case.drawn for case in plan(Labels.load(path), 3, random_share=1.0)} == {"random"}
    assert plan(Labels.load(path), 3, random_share=0.0) == []


def test_rows_are_cases_for_labelling_without_verdicts(labels):
    row = plan(labels, 1)[0].to_value()
    assert {"id", "drawn", "output_1", "output_2"} <= row.keys()
    assert not {"human", "forward", "swapped", "judge", "verdict"} & row.keys()


def test_more_than_there_are_is_all_there_is(labels):
    assert len(plan(labels, 1000)) == 35


def test_nothing_to_plan(tmp_path):
    path = tmp_path / "labels.jsonl"
    path.write_text('{"id": 1, "human": "yes", "verdict": "no"}\n')
    with pytest.raises(UsageError, match="every case has a human label"):
        plan(Labels.load(path), 3)
