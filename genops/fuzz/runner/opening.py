"""The record of a campaign: a new one, or the one to go on with."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from genops.artifacts import Lock
from genops.errors import ReferenceNotFound, Unfinished
from genops.fuzz.runner.plan import CampaignPlan
from genops.store import Store
from genops.store.records import CampaignRecord
from genops.tracing.recorder import new_id

_NAMED = {"objectives": "the objective", "mutators": "the mutator", "strategies": "the strategy"}


def open_campaign(plan: CampaignPlan) -> CampaignRecord:
    """Opens the record of a new campaign."""
    record = CampaignRecord(new_id(128), plan.campaign.name, plan.digest, _body(plan), time.time_ns())
    plan.project.store.open_campaign(record)
    return record


def continued_campaign(plan: CampaignPlan) -> CampaignRecord:
    """The newest campaign of the same plan, or a new one."""
    found = plan.project.store.campaigns(manifest=plan.digest, limit=1)
    return found[0] if found else open_campaign(plan)


def unfinished_campaign(plan: CampaignPlan) -> CampaignRecord:
    """The newest campaign of the same plan, which takes over what has no part in the tries: what is allowed of them.

    Raises:
        Unfinished: There is none; the message says what has changed since the last one.
    """
    store, name = plan.project.store, plan.campaign.name
    found = store.campaigns(manifest=plan.digest, limit=1)
    if found:
        body = _body(plan)
        store.change_campaign(found[0].id, body=body)
        return replace(found[0], body=body)
    last = store.campaigns(name, limit=1)
    if not last:
        raise Unfinished(f"there is nothing to resume: the campaign {name!r} was never run")
    changed = ", ".join(dict.fromkeys(_changes(last[0].body["manifest"], plan, store))) or "the campaign"
    raise Unfinished(f"the last run of {name!r} cannot be resumed: {changed} changed since", hint="run it anew")


def _body(plan: CampaignPlan) -> dict[str, Any]:
    """What is kept of a plan, for reports and to run its findings again."""
    body = {"manifest": plan.manifest, "definition": plan.campaign.file.data, "borrowed": plan.borrowed.record}
    return {**body, "robustness": plan.robustness.about} if plan.robustness else body


def _changes(before: Mapping[str, Any], plan: CampaignPlan, store: Store) -> Iterator[str]:
    """What of a manifest is not what it was, in words."""
    now = plan.manifest
    if before.get("dataset") != now["dataset"]:
        yield "the dataset"
    if before.get("seed") == now["seed"]:  # from which canaries and seeds of attacks follow, too
        was = {entry["name"]: entry["lock"] for entry in before["objectives"]}
        for arena in plan.arenas:
            lock, last = arena.closure.lock, was.get(arena.objective.name)
            if last is not None and last != lock.digest:
                yield from _components(store, last, lock)
    for key, what in _NAMED.items():
        old, new = ({entry["name"]: _own(entry, key) for entry in entries.get(key, [])} for entries in (before, now))
        yield from (f"{what} {name!r}" for name in {**old, **new} if old.get(name) != new.get(name))
    yield from (f"`{key}`" for key in now if key not in {"dataset", *_NAMED} and before.get(key) != now[key])


def _own(entry: Mapping[str, Any], key: str) -> dict[str, Any]:
    """An entry without what follows from the chain and from the seed."""
    return {"name": entry["name"]} if key == "objectives" else dict(entry)


def _components(store: Store, before: str, now: Lock) -> Iterator[str]:
    """The components that two locks tell apart; the chain as a whole where the older is no longer stored."""
    try:
        changed = store.lock(before).differences(now)
    except ReferenceNotFound:
        changed = []
    yield from (f"the {line.partition(':')[0]}" for line in changed)
    if not changed:
        yield f"the chain {now.chain}"
