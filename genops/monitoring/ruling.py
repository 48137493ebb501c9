"""What the rules of a monitor say of its figures, and what people are told of it."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from genops.chains import Parsing
from genops.errors import ReferenceNotFound
from genops.evals.summary import Measure
from genops.monitoring.alerts import Example, Message, Notice, Rule, look, parse_rule, retire, write
from genops.monitoring.monitor import Monitor
from genops.store import Store
from genops.store.records import AlertRecord, RunFilter
from genops.syntax import YamlFile

_EXAMPLES = 3
_SEARCHED = 2_000


def apply_rules(monitor: Monitor) -> list[AlertRecord]:
    """Looks at every rule, and writes where each stands and the messages that follow, in one commit.

    Args:
        monitor: Whose rules they are.

    Raises:
        StoreError: The store cannot be read or written; nothing was.
    """
    spec, store, now = monitor.spec, monitor.project.store, time.time_ns()
    known = {one.rule: one for one in store.alerts(spec.name)}
    figures: dict[float, Mapping[str, Measure]] = {}
    records: list[AlertRecord] = []
    messages: dict[str, list[Message]] = {}
    for rule in spec.rules:
        over = rule.over or spec.over
        if over not in figures:
            figures[over] = monitor.figures(over)
        measure = figures[over].get(rule.figure, Measure.none("", "nothing is known of it"))
        record, notice = look(known.get(rule.text), rule, measure, now, spec.name)
        records.append(record)
        for channel in (rule.to or spec.channels) if notice is not None else ():
            messages.setdefault(channel, []).append(_message(monitor, notice, record, rule, measure, channel))
    gone = _taken_out(monitor, known, messages, now)
    write(store, records, messages, now, gone)
    return records


def silence_rule(store: Store, rule: str, until: int | None, monitor: str | None = None) -> AlertRecord:
    """Keeps a rule from telling anybody; what it then has to say is said when that is over.

    Args:
        store: The project's.
        rule: As it was written, or the beginning of it.
        until: In nanoseconds since the epoch; None ends a silence.
        monitor: Of this monitor.

    Raises:
        ReferenceNotFound: There is no such rule, or more than one.
    """
    known = store.alerts(monitor)
    found = [one for one in known if one.rule == rule] or [one for one in known if one.rule.startswith(rule)]
    if len(found) != 1:
        names = ", ".join(f"{one.monitor}: {one.rule}" for one in found or known)
        what = f"{'several rules begin' if found else 'no rule begins'} with {rule!r}"
        raise ReferenceNotFound(what, hint=f"there are: {names}" if names else "no monitor with rules ran here")
    store.silence_alert(found[0].monitor, found[0].rule, until)
    return replace(found[0], silenced=until)


def _taken_out(
    monitor: Monitor, known: Mapping[str, AlertRecord], messages: dict[str, list[Message]], now: int
) -> list[AlertRecord]:
    """The rules that the monitor has no longer; what was told of them is told to be over, at the end of a silence."""
    present = {rule.text for rule in monitor.spec.rules}
    gone = [one for text, one in known.items() if text not in present and (one.silenced or 0) <= now]
    for record in gone:
        notice = retire(record)
        if notice is not None:
            rule = parse_rule(record.rule, Parsing(YamlFile(record.rule, "<store>")))
            measure = Measure.none(str(record.measure.get("unit", "")), "the monitor has no such rule any more")
            ended = replace(record, state="ok", since=now, looked=now)
            for channel in monitor.spec.channels:
                messages.setdefault(channel, []).append(_message(monitor, notice, ended, rule, measure, channel))
    return gone


def _message(
    monitor: Monitor, notice: Notice | None, record: AlertRecord, rule: Rule, measure: Measure, channel: str
) -> Message:
    assert notice is not None
    spec = monitor.spec
    family, _, name = rule.figure.partition(".")
    return Message.of(
        notice,
        record,
        rule,
        measure,
        chain=spec.chain,
        over=spec.over,
        links=_drift_links(monitor, name) if family == "drift" else {},
        examples=_examples(monitor, rule) if notice.state in ("warning", "alert") else (),
        channel=channel,
    )


def _examples(monitor: Monitor, rule: Rule) -> list[Example]:
    """Runs that show what a rule is about, worst first."""
    spec, store = monitor.spec, monitor.project.store
    since = time.time_ns() - int((rule.over or spec.over) * 1e9)
    family, _, name = rule.figure.partition(".")
    match family:
        case "error_rate":
            failed = store.runs(RunFilter(chain=spec.chain, status="error", since=since), limit=_EXAMPLES)
            return [Example(run.id, str((run.error or {}).get("message", ""))) for run in failed]
        case "latency":
            runs = store.runs(RunFilter(chain=spec.chain, since=since), limit=_SEARCHED)
            slow = sorted(runs, key=lambda run: run.started - (run.ended or run.started))[:_EXAMPLES]
            return [Example(run.id, f"{((run.ended or run.started) - run.started) / 1e9:.2f} s") for run in slow]
        case "cost":
            runs = store.runs(RunFilter(chain=spec.chain, since=since), limit=_SEARCHED)
            dear = sorted(runs, key=lambda run: -(run.cost or 0.0))[:_EXAMPLES]
            return [Example(run.id, f"${run.cost or 0.0:.4f}") for run in dear]
        case "score":
            scored = [one for one in store.monitored(spec.name, since) if "value" in one.scores.get(name, {})]
            scored.sort(key=lambda one: one.scores[name]["value"], reverse=rule.above)
            return [Example(one.run, _explained(one.scores[name])) for one in scored[:_EXAMPLES]]
        case "feedback":
            given = sorted((one for one in store.feedback(since=since) if one.name == name), key=lambda one: one.value)
            return [Example(one.run, one.comment) for one in given[:_EXAMPLES]]
        case "drift":
            return [
                Example(one["run"], f"the alarm was certain with it: {one['state']}") for one in _alarms(monitor, name)
            ]
        case _:
            return []


def _drift_links(monitor: Monitor, watch: str) -> dict[str, str]:
    """Commands that show what drifted."""
    made = [one["check"] for one in _alarms(monitor, watch) if one["check"]]
    return {"watch": "genops drift watches", **({"drift": f"genops drift show {made[0]}"} if made else {})}


def _alarms(monitor: Monitor, watch: str) -> list[dict[str, Any]]:
    """What a watch raised last, newest first."""
    record = monitor.project.store.drift_watch(watch)
    return [] if record is None else record.alarms[: -_EXAMPLES - 1 : -1]


def _explained(score: Mapping[str, object]) -> str:
    """A score in a line."""
    return f"{score['value']:.2f} {score.get('label') or ''} {score.get('explanation') or ''}".strip()
