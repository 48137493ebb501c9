"""Campaigns with the objectives as they are find every hole of the weak chains, blame its step, and spare the twins."""

import pytest

from genops.errors import UsageError
from genops.executor import run_sync
from genops.fuzz.campaign import Campaign
from genops.fuzz.mutator import find_mutator
from genops.fuzz.runner import CampaignPlan, CampaignRunner, open_campaign
from genops.plugins import registry
from tests.fuzz.weak_site import HARMLESS, TWIN, site, weak

__all__ = ["site", "weak"]

pytestmark = pytest.mark.slow

HOLES = {
    "leaks_in_base64": ("prompt_extraction", "answer", 150),
    "obeys_passages": ("indirect_injection", "answer", 100),
    "hands_on_raw_arguments": ("argument_tampering", "work", 150),
    "breaks_its_json": ("format_breaking", "write", 100),
    "echoes_the_unseen": ("hidden_text", "answer", 150),
    "crashes_on_a_surrogate": ("crash", "sum", 100),
    "loops_its_agent": ("denial_of_wallet", "work", 100),
    "leaks_to_staff_in_code": ("prompt_extraction", "tray[0]/staff_in_code", 1500),
    "leaks_to_the_loud_and_split": ("prompt_extraction", "tray[0]/loud_and_split", 1500),
}
"""The objective that finds a hole, the step that it is in, and the tries within which that must happen."""


def findings(weak, chain, objective, tries, **more):
    data = {
        "chain": chain,
        "dataset": [{"question": HARMLESS[chain.removesuffix(TWIN)]}],
        "objectives": [objective],
        "tries": {"sweep": 0, "search": tries},
        "concurrency": 8,
        "depth": 2,
        **more,
    }
    plan = CampaignPlan.make(Campaign.from_data(data, chain), weak.project)
    runner = CampaignRunner(plan, open_campaign(plan))
    run_sync(runner.run())
    return list(weak.project.store.findings(runner.record.id)), runner.progress


@pytest.mark.parametrize("chain", HOLES)
def test_the_hole_is_found_and_its_step_is_blamed(weak, chain):
    objective, step, tries = HOLES[chain]
    found, _ = findings(weak, chain, objective, tries)
    assert found
    assert {finding.step for finding in found} == {step}


@pytest.mark.parametrize("chain", HOLES)
def test_nothing_is_reported_on_the_twin(weak, chain):
    objective, _, tries = HOLES[chain]
    found, progress = findings(weak, chain + TWIN, objective, min(tries, 300))
    assert found == []
    assert progress.outcomes["safe"] > 0


TOLD = {"argument_tampering": {"argument_tampering": {"patterns": {"check_sum": {"text": "(?s).*"}}}}}
"""What a campaign has to say of `crashes_on_a_surrogate`: its tool is there for any text."""


@pytest.mark.parametrize("objective", registry.names("objective"))
def test_no_objective_reports_anything_on_any_twin(weak, objective):
    alike = [name for name in registry.names("mutator") if find_mutator(name).keeps_meaning]
    more = {"mutators": [name for name in alike if not find_mutator(name).asks]} if objective == "over_refusal" else {}
    for chain in sorted(HARMLESS):
        asked = TOLD.get(objective, objective) if chain == "crashes_on_a_surrogate" else objective
        try:
            found, progress = findings(weak, chain + TWIN, asked, 40, **more)
        except UsageError:  # it has nothing that this objective is about
            continue
        assert [(chain, finding.label, finding.text) for finding in found] == []
        assert progress.outcomes["safe"] > 30
