"""The JSON Schema of a suite accepts what the reader accepts."""

from __future__ import annotations

from pathlib import Path

import jsonschema
import pytest

from genops.evals.schema import json_schema
from genops.syntax import read_yaml

SUITES = Path(__file__).parents[2] / "evals"
SMALL = {"kind": "suite", "chain": "answer", "dataset": "cases.jsonl", "scorers": ["exact_match"]}


@pytest.fixture(scope="module")
def schema():
    made = json_schema()
    jsonschema.Draft202012Validator.check_schema(made)
    return jsonschema.Draft202012Validator(made)


@pytest.mark.parametrize("path", sorted(SUITES.glob("*.yaml")), ids=lambda path: path.stem)
def test_the_projects_own_suites_fit(schema, path):
    data = read_yaml(path.read_text(), path).data
    if data["kind"] == "suite":
        schema.validate(data)


@pytest.mark.parametrize(
    "more",
    [
        {"scorers": [{"contains": ["a", "b"], "mode": "any", "name": "mentions", "threshold": 1}]},
        {"scorers": [{"contains": "{{ expected }}"}, {"length": "words", "at_most": "{{ metadata.bound }}"}]},
        {"dataset": {"file": "cases.csv", "split": "test", "sample": 10}},
        {"dataset": [{"question": "one", "expected": "1"}]},
        {"variants": {"prompt": ["answer@production", "answer"], "parameters": [{"temperature": 0}]}},
        {"variants": [{"name": "new", "model": "fast=big"}]},
        {"gate": ["passed >= 0.9"]},
        {"gate": {"rules": "passed >= 0.9", "alpha": 0.01, "about": "population"}},
        {"budget": {"usd": 1}, "timeout": 10, "repeat": 3},
    ],
    ids=str,
)
def test_what_the_reader_takes_fits(schema, more):
    schema.validate({**SMALL, **more})


@pytest.mark.parametrize(
    "more",
    [
        {"scorers": [{"contains": "a", "mood": "any"}]},
        {"scorers": ["no_such_scorer"]},
        {"scorers": [{"contains": "a", "mode": "some"}]},
        {"repeat": 0},
        {"gate": {"alpha": 0.1}},
        {"chains": "answer"},
        {"variants": [{"prompt": "answer@2"}]},
    ],
    ids=str,
)
def test_what_the_reader_refuses_does_not(schema, more):
    with pytest.raises(jsonschema.ValidationError):
        schema.validate({**SMALL, **more})
