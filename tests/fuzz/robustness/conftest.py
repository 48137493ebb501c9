"""A chain that searches and answers by a scripted model that some changes confuse."""

import pytest

from genops.executor import run_sync
from genops.fuzz.campaign import Campaign
from genops.fuzz.runner import CampaignPlan, CampaignRunner, open_campaign
from genops.fuzz.summary import summarise
from tests.executor.conftest import site

__all__ = ["site"]

RULES = """
rules:
  - {when: {user: "[A-Z]{2}"}, text: "You need not shout."}
  - {when: {user: "shout"}, text: "I have no idea."}
  - {when: {expression: "{{ true }}"}, text: "The ferry leaves at nine."}
"""
CHAIN = """
inputs: {question: str}
steps:
  search: {retrieve: docs, query: "{{ inputs.question }}", k: 2}
  tidy: {prompt: ask, with: {question: "{{ inputs.question }}"}}
  answer: {prompt: told, with: {heard: "{{ steps.tidy.output }} {{ steps.search.output[0].text }}"}}
output: "{{ steps.answer.output }}"
"""
TOLD = """
---
inputs: {heard: str}
---
{{ heard }}
"""
CASES = [
    {"id": "ferry", "question": "when does the ferry leave, please?"},
    {"id": "boat", "question": "which boats are going over, on mondays?"},
    {"id": "bridge", "question": "where is that bridge, over here?"},
]


@pytest.fixture
def harbour(site):
    """Writes the project: other rules of its model, or another chain."""

    def make(rules=RULES, chain=CHAIN, documents=("Ferries leave at nine.", "Boats go over at ten.")):
        site.scripted(rules)
        site.prompt("ask")
        site.prompt("told", TOLD)
        site.write("chains/harbour.yaml", chain)
        site.index("docs", *documents)
        return site

    return make


def plan(site, robustness, **more):
    data = {"chain": "harbour", "dataset": CASES, "robustness": robustness, **more}
    return CampaignPlan.make(Campaign.from_data(data, "steady"), site.project)


def ran(made, record=None):
    runner = CampaignRunner(made, record or open_campaign(made))
    run_sync(runner.run())
    return runner


def tries(runner):
    return list(runner.plan.project.store.tries(runner.record.id))


def result(runner):
    store = runner.plan.project.store
    return summarise(store, store.campaign(runner.record.id)).robustness
