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
from genops.store.records.campaigns import CampaignRecord
from genops.tracing.recorder import new_id

_NAMED = {"objectives": "the objective", "mutators": "the mutator", "strategies": "the strategy"}


def open_campaign(plan: CampaignPlan) -> CampaignRecord:
    """Opens the record of a new campaign."""
    record = CampaignRecord(new_id(128), plan.campaign.name, plan.digest, _body(plan), time.time_ns())
    plan.project.store.open_campaign(record)
    return record


def continued_campaign(plan: CampaignPlan) -> CampaignRecord:
    """The newest campaign of the same plan, or a new one."""
    return _newest(plan) or open_campaign(plan)


def unfinished_campaign(plan: CampaignPlan) -> CampaignRecord:
    """The newest campaign of the same plan.

    Raises:
        Unfinished: There is none; the message says what has changed since the last one.
    """
    store, name = plan.project.store, plan.campaign.name
    if found := _newest(plan):
        return found
    last = store.campaigns(name, limit=1)
    if not last:
        raise Unfinished(f"there is nothing to resume: the campaign {name!r} was never run")
    changed = ", ".join(dict.fromkeys(_changes(last[0].body["manifest"], plan, store))) or "the campaign"
    raise Unfinished(f"the last run of {name!r} cannot be resumed: {changed} changed since", hint="run it anew")


def _newest(plan: CampaignPlan) -> CampaignRecord | None:
    """The newest campaign of the same plan; what has no part in its tries, what is allowed of them, is as it is now."""
    store = plan.project.store
    found = store.campaigns(manifest=plan.digest, limit=1)
    if not found:
        return None
    body = {**found[0].body, **_body(plan)}
    store.change_campaign(found[0].id, body=body)
    return replace(found[0], body=body)


def _body(plan: CampaignPlan) -> dict[str, Any]:
    """What is kept of a plan, for reports and to run its findings again."""
    body = {"manifest": plan.manifest, "definition": plan.campaign.file.data, "borrowed": plan.borrowed.record}
    if plan.entry is not None:
        body["entry"] = plan.entry.record
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
    if plan.robustness is not None and (steady := before.get("robustness")):
        lock = plan.robustness.asking.closure.lock
        if steady["lock"] != lock.digest:
            yield from _components(store, steady["lock"], lock)
    for key, what in _NAMED.items():
        old, new = ({entry["name"]: _own(entry, key) for entry in entries.get(key, [])} for entries in (before, now))
        yield from (f"{what} {name!r}" for name in {**old, **new} if old.get(name) != new.get(name))
    old, new = before.get("code", {}), now["code"]
    yield from (f"the code of the {name}" for name in {**old, **new} if old.get(name) != new.get(name))
    others = (key for key in now if key not in {"dataset", "code", *_NAMED})
    yield from (f"`{key}`" for key in others if _unlocked(before.get(key)) != _unlocked(now[key]))


def _unlocked(part: Any) -> Any:
    """A part of a manifest without its lock, whose differences are told by component."""
    return {key: value for key, value in part.items() if key != "lock"} if isinstance(part, dict) else part


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
