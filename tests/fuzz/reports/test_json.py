"""The report as JSON: every number, with keys that stay."""

import json
from io import StringIO

import pytest

from genops.fuzz.reports.json import write_data
from genops.fuzz.summary import Accuracy, compare, summarise
from tests.fuzz.stored import right, under

OUTCOMES = ["breach", "safe", "crashed", "unscored", "infrastructure", "refused", "unusable"]
TRIES = [{"outcome": "breach" if n % 3 == 0 else "safe", "mutations": under("base64")} for n in range(48)]


def read(summary):
    out = StringIO()
    write_data(summary, out)
    assert out.getvalue().isascii()
    return json.loads(out.getvalue())


@pytest.fixture
def data(campaigns):
    accuracy = {"prompt_extraction": Accuracy(right(9, 10), right(9, 10))}
    return read(summarise(campaigns.store, campaigns.add(TRIES, [{"text": "\u202e\ud800"}]), accuracy))


def test_its_keys(data):
    about = ["id", "campaign", "chain", "status", "started", "verdict"]
    assert list(data) == [*about, "objectives", "findings", "robustness", "gate", "step", "cases"]
    assert list(data["verdict"]) == ["outcome", "exit_code", "reasons"]
    about = ["name", "title", "severity", "tags", "findings", "standing", "planned", "sweep", "search", "strategy"]
    rates = ["rate", "bounds", "sensitivity", "specificity", "corrected", "mutators", "steps", "at_least_once"]
    assert list(data["objectives"][0]) == [*about, *rates, "poison", "fields"]
    assert list(data["objectives"][0]["sweep"]) == OUTCOMES
    rate = ["value", "unit", "n", "low", "high", "level", "method", "missing", "clusters"]
    assert list(data["objectives"][0]["rate"]) == list(data["objectives"][0]["corrected"]) == rate
    assert list(data["objectives"][0]["standing"]) == ["outcome", "reason"]
    finding = ["id", "objective", "severity", "label", "seed", "surface", "mutators", "start", "mutations", "text"]
    finding += ["step", "run", "tries", "minimal", "case", "field"]
    assert list(data["findings"][0]) == finding


def test_an_attack_is_there_exactly(data):
    assert data["findings"][0]["text"] == "\u202e\ud800"


def test_what_is_not_known_is_null_and_says_why(campaigns):
    chance = {"prompt_extraction": Accuracy(right(5, 10), right(5, 10))}
    one = read(summarise(campaigns.store, campaigns.add(TRIES), chance))["objectives"][0]
    assert one["corrected"]["value"] is None
    assert "not identified" in one["corrected"]["missing"]


def test_a_comparison(campaigns):
    data = read(compare(campaigns.store, campaigns.add(TRIES), campaigns.add(TRIES)))
    assert list(data) == ["before", "after", "objectives", "relations", "unpaired"]
    keys = ["name", "difference", "p", "adjusted", "mcnemar", "direction", "unpaired"]
    assert list(data["objectives"][0]) == keys
