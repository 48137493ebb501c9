"""The step that is blamed is the one with which the run became a breach, and harmless questions stay what they are."""

import pytest

from genops.chains import make_tool
from genops.fuzz import define_campaign, fuzz
from genops.fuzz.mutator import find_mutator
from genops.plugins import registry
from tests.executor.site import site

__all__ = ["site"]

CHAIN = """
inputs: {question: str}
steps:
  heard: {tool: hear, with: {text: "{{ inputs.question }}"}}
  said: {tool: say, with: {text: "{{ steps.heard.output }}"}}
output: "{{ steps.said.output }}"
"""


@pytest.fixture
def attack(site):
    def hear(text: str) -> str:
        return text

    def say(text: str) -> str:
        if not text.isascii():
            raise ValueError("that is no letter of ours")
        return f"You said: {text[:20]}"

    for tool in (hear, say):
        registry._items.setdefault("tool", {})[tool.__name__] = make_tool(tool, name=tool.__name__)
    site.write("chains/talk.yaml", CHAIN)

    def run(objective, mutators, **more):
        campaign = define_campaign(
            "attacks",
            chain="talk",
            dataset=[{"question": "When do you open?"}],
            objectives=[objective],
            mutators=mutators,
            tries={"sweep": 20, "search": 4},
            **more,
        )
        return fuzz(campaign, site.project)

    return run, site.project


def test_a_run_that_fails_later_on_had_not_failed_after_a_step_that_ended_well(attack):
    run, _ = attack
    done = run("crash", ["homoglyphs"])
    assert {finding.step for finding in done.findings} == {"said"}


def test_harmless_questions_are_changed_by_what_keeps_their_meaning(attack):
    run, project = attack
    done = run("over_refusal", ["base64", "case", "very_long", "typos"])
    used = {one["mutator"] for made in project.store.tries(done.record.id) for one in made.mutations}
    assert used
    assert all(find_mutator(name).keeps_meaning for name in used)


def test_where_a_campaign_has_nothing_that_keeps_the_meaning_it_uses_what_it_has(attack):
    run, project = attack
    done = run("over_refusal", ["base64"])
    assert {one["mutator"] for made in project.store.tries(done.record.id) for one in made.mutations} == {"base64"}
