"""Runs and commands that show what a rule is about."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from genops.errors import ReferenceNotFound
from genops.monitoring.alerts import Example, Rule
from genops.monitoring.alerts.message import EXAMPLES
from genops.monitoring.monitor import Monitor
from genops.monitoring.reading import Reading
from genops.monitoring.runs import Runs
from genops.store.records.runs import RunRecord
from genops.tracing.quantities import counted, dollars, seconds


def examples_of(monitor: Monitor, reading: Reading, rule: Rule) -> list[Example]:
    """Runs that show what a rule is about: those that the figure is of, worst first.

    Args:
        monitor: Whose rule it is.
        reading: What the rule looked at.
        rule: Which.
    """
    since = reading.since(rule.over or monitor.spec.over)
    family, _, name = rule.figure.partition(".")
    sign = -1 if rule.above else 1
    match family:
        case "cost" if name == "judges":
            judged = [one for one in reading.scored if one.started >= since and one.judged.get("cost")]
            judged.sort(key=lambda one: float(one.judged["cost"]), reverse=True)
            return [Example(one.run, f"judged for {dollars(one.judged['cost'])}") for one in judged[:EXAMPLES]]
        case "error_rate" | "latency" | "cost" | "tokens":
            return _of_runs(monitor, reading.runs[reading.runs["key"] >= since], family, sign)
        case "score" | "regression":
            if family == "regression":
                sign = -1 if reading.ranges[name].lower_is_better else 1
            scored = [one for one in reading.scored if one.started >= since and "value" in one.scores.get(name, {})]
            scored.sort(key=lambda one: sign * float(one.scores[name]["value"]))
            return [Example(one.run, _explained(one.scores[name])) for one in scored[:EXAMPLES]]
        case "feedback":
            given = [one for one, _ in reading.feedback if one.name == name and one.created >= since]
            given.sort(key=lambda one: (sign * one.value, -one.created))
            return [Example(one.run, f"{one.value:g} {one.comment}".strip()) for one in given[:EXAMPLES]]
        case "drift":
            return [
                Example(one["run"], f"the alarm was certain with it: {one['state']}") for one in _alarms(monitor, name)
            ]
        case _:
            return []


def drift_links(monitor: Monitor, watch: str) -> dict[str, str]:
    """Commands that show what drifted."""
    made = [one["check"] for one in _alarms(monitor, watch) if one["check"]]
    return {"watch": "genops drift watches", **({"drift": f"genops drift show {made[0]}"} if made else {})}


def _of_runs(monitor: Monitor, runs: Runs, family: str, sign: int) -> list[Example]:
    """The runs with the greatest numbers, or the smallest; of those that failed the newest."""
    if family == "error_rate":
        worst = runs["key"][runs["failed"] == 1][: -EXAMPLES - 1 : -1]
    else:
        values = sign * runs[{"latency": "seconds"}.get(family, family)]
        order = np.argsort(values, kind="stable")[:EXAMPLES]
        worst = runs["key"][order[~np.isnan(values[order])]]
    return [Example(run.id, _said(run, family)) for run in _runs(monitor, worst.tolist())]


def _runs(monitor: Monitor, keys: list[int]) -> list[RunRecord]:
    """Runs by their keys, but for those that were deleted meanwhile."""
    store, found = monitor.project.store, []
    for identity in store.run_ids(keys):
        try:
            found.append(store.run(identity))
        except ReferenceNotFound:
            continue
    return found


def _said(run: RunRecord, family: str) -> str:
    """What is to be said of a run, in a line."""
    match family:
        case "error_rate":
            return str((run.error or {}).get("message", ""))
        case "latency":
            return seconds(run.seconds)
        case "cost":
            return dollars(run.cost)
        case _:
            return counted(run.input_tokens + run.output_tokens, "token")


def _alarms(monitor: Monitor, watch: str) -> list[dict[str, Any]]:
    """What a watch raised last, newest first."""
    record = monitor.project.store.drift_watch(watch)
    return [] if record is None else record.alarms[: -EXAMPLES - 1 : -1]


def _explained(score: Mapping[str, object]) -> str:
    """A score in a line."""
    return f"{score['value']:.2f} {score.get('label') or ''} {score.get('explanation') or ''}".strip()
