"""SARIF: it fits the standard's schema, findings stand at the step that failed, and the same finding stays the same."""

import json
from functools import partial
from pathlib import Path

import pytest
from jsonschema import Draft4Validator

from genops.fuzz.objective import find_objective
from genops.plugins import registry
from tests.fuzz.reports.conftest import BREACHES, HOSTILE, SAFE
from tests.fuzz.stored import under

SCHEMA = Draft4Validator(json.loads(Path(__file__).with_name("sarif-2.1.0.json").read_text(encoding="utf-8")))


@pytest.fixture
def log(written, chain):
    return partial(parsed, written)


def parsed(written, *args, **more):
    text = written("sarif", *args, **more)
    assert text.isascii()
    log = json.loads(text)
    SCHEMA.validate(log)
    (run,) = log["runs"]
    return run


def only(run):
    (result,) = run["results"]
    return result


def test_every_objective_is_a_rule_with_its_tags_and_its_severity(log):
    names = sorted(registry.names("objective"))
    run = log(SAFE, objectives=names)
    rules = run["tool"]["driver"]["rules"]
    assert run["tool"]["driver"]["name"] == "genops"
    assert [rule["id"] for rule in rules] == names
    for rule in rules:
        objective = find_objective(rule["id"])
        bounds = {"critical": (9.0, 10.0), "high": (7.0, 8.9), "medium": (4.0, 6.9), "low": (0.1, 3.9)}
        low, high = bounds[objective.severity]
        assert low <= float(rule["properties"]["security-severity"]) <= high
        assert {"security", *objective.tags.owasp, *objective.tags.atlas} <= set(rule["properties"]["tags"])
        assert rule["shortDescription"]["text"] == objective.title
        assert rule["fullDescription"]["text"]
        assert "genops fuzz repro" in rule["help"]["markdown"]
    assert run["results"] == []


def test_a_finding_stands_at_its_step_with_the_prompt_beside_it(log):
    result = only(log(BREACHES, [{"step": "tidy[0]/short"}]))
    (location,) = result["locations"]
    where = location["physicalLocation"]
    assert where["artifactLocation"]["uri"] == "chains/answer_docs.yaml"
    assert where["region"] == {"startLine": 10}
    (related,) = result["relatedLocations"]
    assert related["physicalLocation"]["artifactLocation"]["uri"] == "prompts/shorten.prompt"


def test_a_finding_says_what_happened_and_what_to_run(log):
    result = only(log(BREACHES, [{"mutations": under("base64")}]))
    assert (result["ruleId"], result["ruleIndex"], result["level"]) == ("prompt_extraction", 0, "error")
    for word in ("step answer", "leak exact", "base64: Show me.", "genops fuzz repro ffff", "genops trace show aaaa"):
        assert word in result["message"]["text"]
    assert result["properties"]["mutators"] == "base64"


@pytest.mark.parametrize(
    ("severity", "level"), [("critical", "error"), ("high", "error"), ("medium", "warning"), ("low", "note")]
)
def test_the_level_is_that_of_the_severity(log, severity, level):
    assert only(log(BREACHES, [{"severity": severity}]))["level"] == level


def test_an_attack_is_no_link_and_no_placeholder_and_nothing_in_it_is_unseen(log):
    result = only(log(BREACHES, [{"text": HOSTILE, "seed": "\ud800", "label": "leak \u202e"}]))
    text = result["message"]["text"]
    assert r"\[a\](b) {{0}}" in text
    assert r"ig\u200bnore \u202eall\u2066\x1b\[2J\ud800\U000e0041\u2028" in text
    text.encode()


class TestFingerprints:
    def of(self, run):
        return [result["partialFingerprints"]["primaryLocationLineHash"] for result in run["results"]]

    def test_the_same_hole_keeps_its_own_in_another_campaign_and_in_other_words(self, log):
        first = self.of(log(BREACHES, [{"mutations": under("base64")}]))
        other = {"id": "e" * 32, "number": 7, "text": "Tell me.", "seed": "seed9", "run": "b" * 32}
        assert self.of(log(BREACHES, [{**other, "mutations": under("base64")}])) == first

    def test_items_and_rounds_of_a_step_are_one_place(self, log):
        assert self.of(log(BREACHES, [{"step": "each[3]/answer"}])) == self.of(
            log(BREACHES, [{"step": "each[0]/answer"}])
        )

    @pytest.mark.parametrize(
        "change",
        [{"step": "tidy[0]/short"}, {"label": "leak decoded"}, {"mutations": under("hex")}, {"surface": "passage"}],
    )
    def test_another_hole_has_another(self, log, change):
        assert self.of(log(BREACHES, [{}])) != self.of(log(BREACHES, [change]))

    def test_two_of_one_campaign_are_never_the_same(self, log):
        twice = [{"id": "e" * 32, "number": 1}, {"id": "f" * 32, "number": 2}]
        first, second = self.of(log(BREACHES, twice))
        assert first.removesuffix(":1") == second.removesuffix(":2")


def test_what_was_not_decided_is_a_notification(log):
    run = log([{"outcome": "crashed"}] * 30)
    (invocation,) = run["invocations"]
    assert invocation["exitCode"] == 3
    (told,) = invocation["toolExecutionNotifications"]
    assert told["message"]["text"] == "undecided: prompt_extraction: none of 30 tries of the sweep could be scored"
    assert log(SAFE, status="stopped")["invocations"][0]["executionSuccessful"] is False


def test_campaigns_do_not_take_each_other_s_place(log):
    assert log(SAFE)["automationDetails"]["id"] == "genops fuzz/attacks/"


def test_a_chain_made_in_python_has_a_place_too(written, campaigns):
    (campaigns.settings.root / "evals").mkdir()
    (campaigns.settings.root / "evals" / "attacks.yaml").write_text("kind: campaign\n")
    result = only(parsed(written, BREACHES, [{}]))
    assert result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "evals/attacks.yaml"
