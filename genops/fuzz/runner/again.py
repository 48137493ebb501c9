"""A finding, with the attack and the copy of the chain that it was made with, as the chain is now."""

from __future__ import annotations

from dataclasses import dataclass, replace

from genops.executor import Project
from genops.fuzz.adapters import Borrowings
from genops.fuzz.attack import Attack, Mutation
from genops.fuzz.campaign import Campaign
from genops.fuzz.objective import Seed
from genops.fuzz.runner.arena import Arena
from genops.fuzz.runner.plan import CampaignPlan
from genops.fuzz.target import StepEntry
from genops.store.records.campaigns import CampaignRecord, FindingRecord


@dataclass(frozen=True, slots=True)
class Again:
    """What it takes to run a finding again.

    Attributes:
        finding: As it is stored.
        campaign: That found it, as it was defined.
        arena: The chain as it is now, with what was planted then.
        attack: What broke it.
    """

    finding: FindingRecord
    campaign: Campaign
    arena: Arena
    attack: Attack


def find_again(project: Project, finding: str) -> Again:
    """A finding by its id, or the beginning of it.

    Raises:
        ReferenceNotFound: There is no such finding.
        UsageError: The chain, or what the campaign refers to, is no longer there.
    """
    of, record = project.store.finding(finding)
    plan = _plan(project, project.store.campaign(of))
    arena = next(arena for arena in plan.arenas if arena.objective.name == record.objective)
    known = {seed.id: seed for seed in arena.seeds(plan.campaign.seed, record.case, record.field)}
    carried = {"case": record.case, "field": record.field}
    seed = known.get(record.seed) or Seed(record.seed, record.start, record.surface, **carried)  # type: ignore[arg-type]
    mutations = tuple(Mutation(**mutation) for mutation in record.mutations)
    return Again(record, plan.campaign, arena, Attack(record.objective, seed, mutations, record.text))


def _plan(project: Project, stored: CampaignRecord) -> CampaignPlan:
    """The plan of a campaign that was run, against the chain as it is now."""
    folder = project.settings.root / project.settings.paths.evals
    campaign = Campaign.from_data(dict(stored.body["definition"]), stored.campaign, folder)
    campaign = replace(campaign, gate=None)  # what its gate compares with has no part in a finding
    borrowed = Borrowings.stored(stored.body.get("borrowed", {}))
    return CampaignPlan.make(campaign, project, borrowed, StepEntry.stored(stored.body.get("entry")))
