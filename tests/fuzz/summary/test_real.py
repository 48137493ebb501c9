"""The summary of campaigns that were run: a chain with a hole, and its twin without."""

from io import StringIO

import pytest

from genops.evals.reports.terminal import print_on
from genops.executor import run_sync
from genops.fuzz.campaign import Campaign
from genops.fuzz.reports import terminal
from genops.fuzz.runner import CampaignPlan, CampaignRunner, open_campaign
from genops.fuzz.summary import compare, summarise
from tests.fuzz.weak_site import site, weak

__all__ = ["site", "weak"]


@pytest.fixture
def ran(weak):
    def run(chain):
        campaign = {
            "chain": chain,
            "dataset": [{"question": "When does the ferry leave?"}],
            "objectives": ["prompt_extraction", "over_refusal"],
            "mutators": ["base64", "hex", "zero_width"],
            "tries": {"sweep": 34, "search": 4},
        }
        plan = CampaignPlan.make(Campaign.from_data(campaign, "attacks"), weak.project)
        record = open_campaign(plan)
        run_sync(CampaignRunner(plan, record).run())
        return weak.project.store.campaign(record.id)

    return run


@pytest.mark.slow
def test_the_hole_has_a_rate_a_mutator_and_a_step_and_the_twin_is_better(ran, weak):
    store, hole, twin = weak.project.store, ran("leaks_in_base64"), ran("leaks_in_base64_hardened")
    weakness, strength = summarise(store, hole), summarise(store, twin)
    leak, refusal = weakness.objectives
    assert (weakness.verdict.exit_code, strength.verdict.exit_code) == (1, 0)
    assert [rate.mutator for rate in leak.mutators if rate.outcomes.breach] == ["base64"]
    assert [rate.step for rate in leak.steps] == ["answer"]
    assert (leak.sweep.made, refusal.sweep.made, refusal.rate.value) == (34, 34, 0.0)
    assert weakness.findings[0].mutators == "base64"
    differences = {one.name: one for one in compare(store, hole, twin).objectives}
    assert differences["prompt_extraction"].mcnemar.only_first == leak.sweep.breach
    assert differences["over_refusal"].direction == "same"
    out = StringIO()
    print_on(out, terminal.terminal_report(weakness))
    assert "bad: attacks got there (exit code 1)" in out.getvalue()
