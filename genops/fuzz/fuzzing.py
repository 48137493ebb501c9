"""Fuzzing: the functions that the command, Python and pytest call."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from genops.errors import UsageError
from genops.evals.gate import Verdict
from genops.executor import Project, run_sync
from genops.fuzz.campaign import Campaign
from genops.fuzz.runner import (
    CampaignPlan,
    CampaignRunner,
    FuzzProgress,
    Try,
    continued_campaign,
    open_campaign,
    unfinished_campaign,
)
from genops.fuzz.runner.again import find_again
from genops.store.records.campaigns import CampaignRecord, FindingRecord


@dataclass(frozen=True, slots=True)
class Fuzzed:
    """What a campaign came to.

    Attributes:
        record: As it is stored.
        progress: What was done.
        findings: All of them.
    """

    record: CampaignRecord
    progress: FuzzProgress
    findings: tuple[FindingRecord, ...]

    @property
    def gate(self) -> Verdict | None:
        """Where the gate stands; None where it was not asked."""
        return Verdict.from_json(self.record.verdict) if self.record.verdict else None


async def afuzz(
    campaign: Campaign,
    project: Project | None = None,
    *,
    gate: bool = False,
    resume: bool = False,
    fresh: bool = False,
    on_start: Callable[[CampaignPlan, str], None] | None = None,
    on_progress: Callable[[FuzzProgress], None] | None = None,
) -> Fuzzed:
    """Runs a campaign.

    Args:
        campaign: Its definition.
        project: Where it runs; default the one that the working folder is in.
        gate: Whether the campaign's gate decides; the sweep of an objective ends as soon as its rules are certain. An
            earlier run of the same things is continued: starting over would spend the gate's alpha again.
        resume: Whether to go on with the last campaign of the same things.
        fresh: Whether a gate starts over all the same.
        on_start: Told of the plan and of the campaign's id before the first try.
        on_progress: Told of each try once it is on disk, and of each finding.

    Raises:
        UsageError: The campaign, or what it refers to, is broken; nothing was tried.
        StoreError: Tries cannot be kept.
        Unfinished: There is nothing to resume.
    """
    project = project or Project.current()
    if gate and campaign.gate is None:
        hint = 'add one: gate: ["prompt_extraction <= 0.02"]'
        raise UsageError(f"the campaign {campaign.name!r} has no gate", hint=hint)
    campaign = replace(campaign, gate=campaign.gate if gate else None)
    opened = unfinished_campaign if resume else continued_campaign if gate and not fresh else open_campaign
    plan = await CampaignPlan.prepare(campaign, project)
    try:
        record = await asyncio.to_thread(opened, plan)
        if on_start is not None:
            on_start(plan, record.id)
        progress = await CampaignRunner(plan, record, on_progress).run()
    finally:
        plan.borrowed.close()
    store = project.store
    return Fuzzed(store.campaign(record.id), progress, tuple(store.findings(record.id)))


def fuzz(campaign: Campaign, project: Project | None = None, **options: Any) -> Fuzzed:
    """As :func:`afuzz`, and waits."""
    return run_sync(afuzz(campaign, project, **options))


def define_campaign(
    name: str,
    *,
    chain: str,
    dataset: Any,
    objectives: list[Any] | None = None,
    folder: Path | None = None,
    **settings: Any,
) -> Campaign:
    """A campaign made in Python, of the same data as in a file.

    Args:
        name: By which reports call it.
        chain: Reference of the chain under attack.
        dataset: Harmless cases: a file, a specification, or rows.
        objectives: Names, or mappings of a name to its settings; None where there is ``robustness`` alone.
        folder: That files are relative to; default the working folder.
        settings: The other keys of a campaign: ``mutators``, ``tries``, ``depth``, ….

    Raises:
        DefinitionError: It is no campaign.
    """
    data = {**settings, "chain": chain, "dataset": dataset, "objectives": objectives or []}
    return Campaign.from_data(data, name, folder)


async def areproduce(project: Project, finding: str) -> tuple[FindingRecord, Try]:
    """Runs a finding again: the same text against the same plants, in the chain as it is now.

    Args:
        project: Where it was found.
        finding: Its id, or the beginning of it.

    Returns:
        The finding, and what became of it now.

    Raises:
        ReferenceNotFound: There is no such finding.
        UsageError: The chain, or what the campaign refers to, is no longer there.
    """
    again = await asyncio.to_thread(find_again, project, finding)
    await again.arena.warm()
    return again.finding, await again.arena.attempt(again.attack)


def reproduce(project: Project, finding: str) -> tuple[FindingRecord, Try]:
    """As :func:`areproduce`, and waits."""
    return run_sync(areproduce(project, finding))
