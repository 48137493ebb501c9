"""JUnit XML: a test for each objective, and a result of its own for every way in which one may stand."""

from functools import partial
from pathlib import Path

import pytest
from lxml import etree

from tests.evals.reports import test_junit
from tests.fuzz.reports.conftest import BREACHES, HOSTILE, SAFE
from tests.fuzz.reports.test_terminal import ABOUT, STEADY

SCHEMA = etree.XMLSchema(etree.parse(Path(test_junit.__file__).with_name("junit.xsd")))


@pytest.fixture
def suite(written):
    return partial(parsed, written)


def parsed(written, *args, **more):
    document = etree.fromstring(written("junit", *args, **more).encode())
    SCHEMA.assertValid(document)
    (suite,) = document
    return suite


def results(suite):
    return {case.get("name"): [child.tag for child in case] for case in suite.findall("testcase")}


def test_every_way_to_stand_has_a_result_of_its_own(suite):
    objectives = ("prompt_extraction", "over_refusal", "crash", "pii_leak")
    tries = [
        *({**one, "objective": "prompt_extraction"} for one in BREACHES),
        *[{"outcome": "infrastructure", "objective": "over_refusal"}] * 48,
        *[{"outcome": "unscored", "objective": "crash"}] * 48,
        *[{"outcome": "safe", "objective": "pii_leak"}] * 48,
    ]
    found = suite(tries, [{}], objectives=objectives)
    assert results(found) == {
        "prompt_extraction": ["failure"],
        "over_refusal": ["error"],
        "crash": ["skipped"],
        "pii_leak": [],
    }
    assert [found.get(name) for name in ("name", "package", "tests", "failures", "errors", "skipped")] == [
        "attacks", "answer_docs", "4", "1", "1", "1"
    ]  # fmt: skip


def test_a_failure_has_its_findings_and_what_to_run(suite):
    failure = suite(BREACHES, [{"text": HOSTILE}]).find("testcase/failure")
    assert failure.get("message").startswith("prompt_extraction: 1 finding; breaches in 16 of 48 tries")
    for word in ("high: leak exact, at step answer", r"\u202eall", "genops fuzz repro ffff", "genops trace show aaaa"):
        assert word in failure.text


def test_many_findings_are_cut_and_say_so(suite):
    many = [{"id": f"{n:032x}", "number": n} for n in range(50)]
    assert "… and 10 more" in suite(BREACHES, many).find("testcase/failure").text


def test_a_campaign_that_did_not_end_is_an_error_whatever_its_objectives_say(suite):
    assert results(suite(SAFE, status="stopped")) == {"prompt_extraction": [], "the campaign as a whole": ["error"]}


def test_robustness_has_tests_of_its_own(suite):
    found = results(suite(STEADY, objectives=(), robustness={**ABOUT, "at_most": {"case": 0.1, "typo": 0.3}}))
    assert found == {"robustness": [], "robustness: case": ["failure"], "robustness: typo": []}


def gate(outcome):
    rule = {
        "rule": "prompt_extraction <= 0.4", "metric": "prompt_extraction", "variant": "attacks", "outcome": outcome,
        "estimate": 0.33, "low": 0.2, "high": 0.5, "level": 0.95, "n": 12, "missing": 0, "exact": False,
    }  # fmt: skip
    return {
        "outcome": outcome, "rules": [rule], "critical": [], "critical_missing": [], "alpha": 0.05,
        "about": "sweep", "units": 12, "seen": 12, "samples": 48, "used": 48,
    }  # fmt: skip


@pytest.mark.parametrize(("outcome", "tags"), [("pass", []), ("fail", ["failure"]), ("undecided", ["skipped"])])
def test_where_a_gate_decides_its_rules_are_the_tests(suite, outcome, tags):
    tries = [*BREACHES, *({**one, "objective": "crash"} for one in SAFE)]
    found = suite(tries, [{}], objectives=("prompt_extraction", "crash"), verdict=gate(outcome))
    assert results(found) == {"prompt_extraction <= 0.4": tags, "crash": ["skipped"]}


def test_what_a_campaign_allows_of_its_robustness_is_tested_beside_its_gate(suite):
    found = suite([*SAFE, *STEADY], robustness={**ABOUT, "at_most": {"case": 0.1}}, verdict=gate("pass"))
    assert results(found) == {"prompt_extraction <= 0.4": [], "robustness": [], "robustness: case": ["failure"]}


def test_rates_and_what_is_in_none_of_them_are_properties(suite):
    found = suite([*BREACHES, {"outcome": "crashed"}, {"outcome": "infrastructure", "phase": "search"}])
    about = {entry.get("name"): entry.get("value") for entry in found.find("properties")}
    assert about["prompt_extraction"].startswith("33.3% [")
    assert (about["prompt_extraction: crashed"], about["prompt_extraction: infrastructure"]) == ("1", "1")
