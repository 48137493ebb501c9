"""JUnit XML: a suite per variant, a test per case, every kind of failure with a result of its own.

There is no one schema. The one here is what both that are in use accept, that of Ant's tasks and that of Jenkins' xUnit
plug-in, at its strictest; and a reader of others has to find in the file what was written.
"""

from pathlib import Path

import pytest
from junitparser import Error, Failure, JUnitXml, Skipped
from lxml import etree

from genops.evals.gate import Verdict
from genops.evals.rule_test import RuleVerdict
from tests.evals.stored import contains

SCHEMA = etree.XMLSchema(etree.parse(Path(__file__).with_name("junit.xsd")))


def parsed(text):
    document = etree.fromstring(text.encode())
    SCHEMA.assertValid(document)
    return document


def test_each_kind_of_failure_has_a_result_of_its_own(written, mixed):
    old, new = parsed(written("junit", mixed))
    assert [old.get(name) for name in ("name", "package", "tests", "failures", "errors", "skipped")] == [
        "old", "demo", "5", "2", "1", "1"
    ]  # fmt: skip
    assert (new.get("failures"), new.get("errors"), new.get("skipped")) == ("1", "1", "1")
    results = {case.get("name"): [child.tag for child in case] for case in old.findall("testcase")}
    assert results["c0"] == []
    assert results["c1"] == ["failure"]
    assert results["c2"] == ["skipped"]
    assert results["c3"] == ["error"]


def test_a_failure_says_why_and_how_to_see_the_trace(written, mixed):
    old = parsed(written("junit", mixed))[0]
    failure = old.find("testcase[@name='c1']/failure")
    assert failure.get("message").startswith("contains 0 (lacks '50%'")
    assert "genops trace show 0000" in failure.text


def test_the_three_counts_and_the_means_are_properties(written, mixed):
    old = parsed(written("junit", mixed))[0]
    properties = {entry.get("name"): entry.get("value") for entry in old.find("properties")}
    assert (properties["infrastructure failed"], properties["unscored"], properties["bad"]) == ("1", "1", "2")
    assert properties["contains"].startswith("0.333 [")


def test_of_several_repeats_the_worst_counts(evaluations, written):
    samples = [
        {"case": 0, "repeat": 0, "scores": {"contains": contains(1)}},
        {"case": 0, "repeat": 1, "scores": {"contains": contains(0)}},
        {"case": 0, "repeat": 2, "status": "error", "error": {"type": "StepTimeout"}},
    ]
    (suite,) = parsed(written("junit", evaluations.add(samples, repeat=3)))
    (case,) = suite.findall("testcase")
    (failure,) = case
    assert failure.tag == "failure"
    assert "repeat 1: bad output" in failure.text
    assert "repeat 2: infrastructure failed" in failure.text


@pytest.mark.parametrize("variants", [("one",), tuple(f"v{n}" for n in range(200))])
def test_an_empty_evaluation_is_valid(evaluations, written, variants):
    assert len(parsed(written("junit", evaluations.add([], variants=variants)))) == len(variants)


def test_a_reader_of_others_finds_every_result_and_count(written, mixed, tmp_path):
    (tmp_path / "junit.xml").write_text(written("junit", mixed), encoding="utf-8")
    read = JUnitXml.fromfile(str(tmp_path / "junit.xml"))
    old, new = read
    assert [(suite.name, suite.tests, suite.failures, suite.errors, suite.skipped) for suite in (old, new)] == [
        ("old", 5, 2, 1, 1),
        ("new", 5, 1, 1, 1),
    ]
    kinds = {case.name: [type(result) for result in case.result] for case in old}
    assert [kinds[f"c{n}"] for n in range(4)] == [[], [Failure], [Skipped], [Error]]
    failure = next(case for case in old if case.name == "c1").result[0]
    assert (failure.type, failure.message.startswith("contains 0 (lacks '50%'")) == ("bad output", True)
    assert "genops trace show" in failure.text
    assert {case.classname for case in new} == {"demo.new"}
    read.update_statistics()
    assert (read.tests, read.failures, read.errors, read.skipped) == (10, 3, 2, 2)


@pytest.mark.parametrize(
    ("outcome", "rule", "critical", "missing", "tags"),
    [
        ("pass", "pass", (), (), [[], []]),
        ("fail", "fail", (), (), [["failure"], []]),
        ("fail", "undecided", ("c0",), (), [["skipped"], ["failure"]]),
        ("undecided", "undecided", (), (), [["skipped"], []]),
        ("undecided", "pass", (), ("c0",), [[], ["skipped"]]),
        ("undecided", "pass", (), (), [[], ["skipped"]]),
    ],
    ids=["passed", "a rule", "a critical case", "too few cases", "a critical case has no score", "one is not run"],
)
def test_a_gate_has_a_test_for_each_rule_and_one_for_critical_cases(
    evaluations, written, outcome, rule, critical, missing, tags
):
    told = RuleVerdict("contains >= 0.9", "contains", "one", rule, 0.1, 0.0, 0.3, 0.95, 9, 0, False)
    verdict = Verdict(outcome, (told,), critical, missing, 0.05, "dataset", 9, 9, 9, 9)
    samples = [{"case": 0, "scores": {"contains": contains(1)}}]
    variant, gate = parsed(written("junit", evaluations.add(samples, verdict=verdict)))
    assert (variant.get("failures"), gate.get("name"), gate.get("tests")) == ("0", "gate", "2")
    assert [[child.tag for child in test] for test in gate.findall("testcase")] == tags
    found = [tag for of_test in tags for tag in of_test]
    assert [gate.get(name) for name in ("failures", "skipped")] == [str(found.count(t)) for t in ("failure", "skipped")]
    if rule == "fail":
        assert "contains >= 0.9 (one): 0.100" in gate.find("testcase/failure").get("message")
    if critical:
        assert gate.find("testcase/failure").get("message") == "must pass and did not: c0"
