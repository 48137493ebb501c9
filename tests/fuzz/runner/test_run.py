"""A campaign sweeps, searches, shortens what it finds, and goes on where it was cut off."""

import dataclasses

import pytest

from genops.executor import run_sync
from genops.fuzz.campaign import Campaign
from genops.fuzz.runner import CampaignPlan, CampaignRunner, open_campaign, unfinished_campaign
from tests.fuzz.weak_site import site, weak

__all__ = ["site", "weak"]

CAMPAIGN = {
    "chain": "leaks_in_base64",
    "dataset": [{"question": "When does the ferry leave?"}],
    "objectives": ["prompt_extraction"],
    "mutators": ["base64", "hex", "rot13", "zero_width"],
    "tries": {"sweep": 60, "search": 20},
    "concurrency": 8,
    "depth": 2,
}


@pytest.fixture
def plan(weak):
    def make(**changes):
        return CampaignPlan.make(Campaign.from_data({**CAMPAIGN, **changes}, "attacks"), weak.project)

    return make


def ran(plan, record=None):
    runner = CampaignRunner(plan, record or open_campaign(plan))
    run_sync(runner.run())
    return runner


def test_it_finds_the_hole_and_its_shortest_form(plan, weak):
    runner = ran(plan())
    assert runner.progress.done == 80
    assert runner.progress.outcomes["breach"] > 0
    findings = list(weak.project.store.findings(runner.record.id))
    assert findings
    assert {mutation["mutator"] for mutation in findings[0].mutations} == {"base64"}
    assert (findings[0].step, findings[0].minimal) == ("answer", True)
    assert weak.project.store.campaign(runner.record.id).status == "finished"


def test_the_twin_withstands_all_of_it(plan, weak):
    runner = ran(plan(chain="leaks_in_base64_hardened"))
    assert runner.progress.outcomes["breach"] == 0
    assert runner.progress.outcomes["safe"] > 0
    assert list(weak.project.store.findings(runner.record.id)) == []


def test_every_try_names_its_trace_and_what_was_done(plan, weak):
    runner = ran(plan())
    weak.project.store.writer.flush(10.0)
    tries = list(weak.project.store.tries(runner.record.id))
    assert [made.number for made in tries] == list(range(80))
    assert all(weak.project.store.run(made.run).mode == "fuzz" for made in tries)
    assert {made.phase for made in tries[:60]} == {"sweep"}
    assert {made.phase for made in tries[60:]} == {"search"}
    assert all(len(made.mutations) <= 1 for made in tries[:60])


def test_a_try_counts_once_it_is_on_disk_with_its_trace(plan, weak):
    store, told = weak.project.store, []

    def note(progress):
        (record,) = store.campaigns()
        kept = list(store.tries(record.id))
        assert len(kept) >= progress.done
        assert all(store.run(made.run).ended for made in kept)
        told.append(progress.done)

    made = plan()
    run_sync(CampaignRunner(made, open_campaign(made), note).run())
    assert list(dict.fromkeys(told)) == list(range(1, 81))


def test_who_is_told_may_end_it_and_all_that_is_made_stays(plan, weak):
    def tell(progress):
        if progress.done >= 5:
            raise SystemExit(7)

    made = plan()
    with pytest.raises(SystemExit):
        run_sync(CampaignRunner(made, open_campaign(made), tell).run())
    (record,) = weak.project.store.campaigns()
    assert record.status == "stopped"
    kept = len(list(weak.project.store.tries(record.id)))
    again = ran(plan(), record)
    assert (again.progress.resumed, again.progress.done) == (kept, 80)


def test_other_settings_of_a_detector_are_another_campaign(plan):
    tokens = [[{"denial_of_wallet": {"tokens": most}}] for most in (100, 200, 200)]
    few, many, again = (plan(objectives=objectives).digest for objectives in tokens)
    assert few != many == again


def test_the_same_campaign_makes_the_same_tries(plan, weak):
    def made():
        tries = weak.project.store.tries(ran(plan()).record.id)
        return [dataclasses.replace(one, run="", cost=0.0) for one in tries]

    assert made() == made()


def test_one_that_was_cut_off_goes_on_and_ends_as_one_that_was_not(plan, weak):
    whole = ran(plan())
    cut = ran(plan(budget={"tokens": 2_000}))
    assert "budget of 2,000 tokens" in cut.progress.stopped
    before = cut.progress.done
    assert 0 < before < 80
    found = unfinished_campaign(plan())
    assert found.status == "stopped"
    again = ran(plan(), found)
    assert again.progress.done == 80
    made = [
        [(one.number, one.outcome, one.mutations) for one in weak.project.store.tries(runner.record.id)]
        for runner in (whole, again)
    ]
    assert made[0] == made[1]


def test_a_finding_that_the_budget_cut_short_is_made_again(plan, weak):
    def found(runner):
        return [(one.id, one.number, one.tries, one.minimal) for one in weak.project.store.findings(runner.record.id)]

    whole = ran(plan())
    cut = ran(plan(budget={"tokens": 1_000}))
    assert cut.progress.outcomes["breach"]
    assert [(tries, minimal) for _, _, tries, minimal in found(cut)] == [(0, False)]
    again = ran(plan(), unfinished_campaign(plan()))
    assert found(again) == found(whole)
    assert again.progress.findings == len(found(whole))
