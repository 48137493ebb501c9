"""CSV and JSON: everything, for other programs."""

import csv
import json
from io import StringIO

from genops.evals.reports.csv import COLUMNS
from tests.evals.stored import contains


def rows_of(text):
    return list(csv.DictReader(StringIO(text)))


def test_csv_has_a_row_per_sample_and_score(written, mixed):
    rows = rows_of(written("csv", mixed))
    assert len(rows) == 10
    assert tuple(rows[0]) == COLUMNS
    assert (rows[0]["case"], rows[0]["metric"], rows[0]["value"], rows[0]["passed"]) == (
        "c0",
        "contains",
        "1.0",
        "True",
    )


def test_what_is_missing_is_an_empty_cell_and_never_0(written, mixed):
    by_case = {(row["case"], row["variant"]): row for row in rows_of(written("csv", mixed))}
    unscored, failed = by_case["c2", "old"], by_case["c3", "old"]
    assert (unscored["value"], unscored["unscored"]) == ("", "the judge answered prose")
    assert (failed["status"], failed["metric"], failed["value"]) == ("error", "", "")
    assert failed["error"] == "StepTimeout: too late"


def test_a_text_is_no_formula(evaluations, written):
    rows = [{"id": "=1+1", "inputs": {"q": "x"}}]
    record = evaluations.add([{"case": 0, "scores": {"contains": {"value": 1, "explanation": "@SUM(A1)"}}}], cases=rows)
    (row,) = rows_of(written("csv", record))
    assert (row["case"], row["explanation"]) == ("'=1+1", "'@SUM(A1)")


def test_json_is_the_summary(evaluations, written, mixed):
    data = json.loads(written("json", mixed))
    assert data == json.loads(json.dumps(evaluations.summary(mixed).to_json()))
    counts = data["variants"][0]["counts"]
    assert (counts["infrastructure"], counts["unscored"], counts["bad"]) == (1, 1, 2)


def test_json_tells_what_labels_corrected_and_why_not(written, labelled):
    old, new = json.loads(written("json", labelled))["variants"]
    assert old["metrics"]["contains"]["corrected"]["n"] == 30
    assert new["metrics"]["contains"]["corrected"]["value"] is None
    assert "no case of it has a label" in new["metrics"]["contains"]["corrected"]["missing"]


def test_cases_to_label_are_the_first_answers_without_scores(written, evaluations):
    answers = {variant: evaluations.keep({"answer": f"of {variant}"}) for variant in ("old", "new")}
    samples = [
        {"case": 0, "variant": v, "repeat": r, "output": answers[v], "scores": {"contains": contains(1)}}
        for v in ("old", "new")
        for r in (0, 1)
    ]
    samples.append({"case": 1, "variant": "old", "status": "error", "error": {"type": "Timeout"}, "run": ""})
    cases = [{"id": "a", "inputs": {"q": "which?"}, "cluster": "one"}, {"id": "b", "inputs": {"q": "what?"}}]
    record = evaluations.add(samples, variants=("old", "new"), repeat=2, cases=cases)
    rows = [json.loads(line) for line in written("cases", record).splitlines()]
    assert rows == [
        {"id": "a", "variant": v, "output": f'{{"answer": "of {v}"}}', "input": "which?", "cluster": "one"}
        for v in ("old", "new")
    ]
