"""Fuzzing: the functions that the command, Python and pytest call."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from genops.executor import Project, run_sync
from genops.fuzz.campaign import Campaign
from genops.fuzz.runner import CampaignPlan, CampaignRunner, FuzzProgress, Try, open_campaign, unfinished_campaign
from genops.fuzz.runner.again import find_again
from genops.store.records import CampaignRecord, FindingRecord


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


async def afuzz(
    campaign: Campaign,
    project: Project | None = None,
    *,
    resume: bool = False,
    on_start: Callable[[CampaignPlan, str], None] | None = None,
    on_progress: Callable[[FuzzProgress], None] | None = None,
) -> Fuzzed:
    """Runs a campaign.

    Args:
        campaign: Its definition.
        project: Where it runs; default the one that the working folder is in.
        resume: Whether to go on with the last campaign of the same things.
        on_start: Told of the plan and of the campaign's id before the first try.
        on_progress: Told after each group of tries.

    Raises:
        UsageError: The campaign, or what it refers to, is broken; nothing was tried.
        StoreError: Tries cannot be kept.
        Unfinished: There is nothing to resume.
    """
    project = project or Project.current()
    plan = await asyncio.to_thread(CampaignPlan.make, campaign, project)
    try:
        record = await asyncio.to_thread(unfinished_campaign if resume else open_campaign, plan)
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
