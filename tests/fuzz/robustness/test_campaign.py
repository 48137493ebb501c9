"""A chain that answers alike however it is asked, and one that does not, told apart by one campaign."""

import pytest

from genops.artifacts import decode
from genops.errors import DefinitionError
from genops.fuzz.fuzzing import define_campaign, fuzz
from genops.fuzz.summary import summarise

STEADY = """
rules:
  - {when: {user: "(?i)i have no idea"}, text: "Ask at the office."}
  - {when: {expression: "{{ true }}"}, text: "The ferry leaves at nine."}
"""
BOATS = ["ferry", "boat", "barge", "tug", "steamer", "cutter", "launch", "schooner", "dinghy", "lugger", "ketch"]
QUESTIONS = [
    {"id": f"case {number}", "question": f"when does the {what} leave, and from where?"}
    for number, what in enumerate(BOATS)
]


@pytest.fixture
def run(harbour):
    """Runs a campaign on the chain with its own model, which is confused by capitals, or with another."""

    def go(*rules, **changes):
        site = harbour(*rules)
        robustness = {"relations": ["case", "typo", "reordered_passages"], "changes": 2, "at_most": 0.3}
        settings = {"robustness": robustness, "mutators": ["typos"], "tries": {"sweep": 12, "search": 0}, **changes}
        done = fuzz(define_campaign("steady", chain="harbour", dataset=QUESTIONS, **settings), site.project)
        return done, summarise(site.project.store, done.record)

    return go


@pytest.fixture
def shaky(run):
    return run()


def test_a_chain_that_answers_alike_however_it_is_asked_is_good(run):
    done, found = run(STEADY)
    assert done.progress.done == done.progress.total == 11 * 8
    assert (done.record.status, found.verdict.exit_code) == ("finished", 0)
    assert {rate.rate.value for rate in found.robustness.relations} == {0.0}
    assert found.robustness.examples == ()


def test_one_that_capitals_confuse_is_bad_and_its_prompt_is_named(shaky):
    _, found = shaky
    assert (found.verdict.outcome, found.verdict.exit_code) == ("bad", 1)
    assert len(found.verdict.reasons) == 1
    assert found.verdict.reasons[0].startswith("case: answers change ")
    assert [rate.rate.value for rate in found.robustness.relations][1:] == [0.0, 0.0]
    assert [(one.prompt, one.step) for one in found.robustness.prompts] == [("ask", "tidy")]


def test_the_answers_that_changed_are_shown_beside_those_that_were_given_before(shaky, site):
    _, found = shaky
    first = found.robustness.examples[0]
    assert (first.relation, first.outcome, first.step, first.prompt) == ("case", "changed", "tidy", "ask")
    assert (first.answer, first.became) == ("The ferry leaves at nine.", "I have no idea.")
    store = site.project.store
    asked, changed = (decode(store.payload(store.run(run).inputs)) for run in (first.before, first.after))
    assert asked["question"].lower() == changed["question"].lower()
    assert asked != changed


def test_attacks_and_robustness_are_judged_together_and_reported_apart(run):
    _, found = run(STEADY, objectives=["terminal_escapes"], tries={"sweep": 24, "search": 0})
    assert [one.name for one in found.objectives] == ["terminal_escapes"]
    assert (found.objectives[0].sweep.made, found.robustness.made) == (24, 11 * 8)
    assert found.verdict.exit_code == 0
    assert len(found.verdict.reasons) == 1 + 3 + 1
    assert found.verdict.reasons[0].startswith("terminal_escapes: no breach in 24 tries")
    assert found.verdict.reasons[1] == "robustness: answers did not change under any relation, in 66 tries"


def test_what_is_allowed_may_be_said_anew_when_it_goes_on(run, harbour):
    spec = {"relations": ["case"], "changes": 2}
    done, found = run(robustness={**spec, "at_most": 0.99}, budget={"tokens": 200}, concurrency=1)
    assert (done.record.status, found.verdict.exit_code) == ("stopped", 4)
    site = harbour()
    rest = define_campaign(
        "steady",
        chain="harbour",
        dataset=QUESTIONS,
        mutators=["typos"],
        tries={"sweep": 12, "search": 0},
        robustness={**spec, "at_most": 0.05},
    )
    again = fuzz(rest, site.project, resume=True)
    assert again.record.id == done.record.id
    assert again.record.status == "finished"
    assert summarise(site.project.store, again.record).verdict.exit_code == 1


@pytest.mark.parametrize("changes", [{}, {"objectives": []}])
def test_a_campaign_attacks_or_compares_or_both(changes):
    with pytest.raises(DefinitionError, match="a campaign needs `objectives:`, `robustness:` or both"):
        define_campaign("idle", chain="harbour", dataset=QUESTIONS, **changes)


def test_beside_a_gate_that_passes_too_many_changes_are_still_bad(harbour):
    site = harbour()
    settings = {"mutators": ["typos"], "tries": {"sweep": 24, "search": 0}, "gate": ["terminal_escapes <= 0.9"]}
    robustness = {"relations": ["case"], "at_most": 0.1}
    campaign = {"chain": "harbour", "dataset": QUESTIONS, "objectives": ["terminal_escapes"], **settings}
    outcomes = []
    for part in ({}, {"robustness": {"relations": ["case"]}}, {"robustness": robustness}):
        done = fuzz(define_campaign("steady", **campaign, **part), site.project, gate=True)
        found = summarise(site.project.store, done.record)
        outcomes.append((found.gate.outcome, found.verdict.exit_code))
    assert outcomes == [("pass", 0), ("pass", 0), ("pass", 1)]
    assert [reason.partition(":")[0] for reason in found.verdict.reasons] == ["passed", "robustness", "case"]
