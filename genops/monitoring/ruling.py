"""What the rules of a monitor say of its figures, and what people are told of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from genops.chains import Parsing
from genops.errors import ReferenceNotFound
from genops.evals.summary import Measure
from genops.monitoring.alerts import Example, Message, Notice, Rule, look, parse_rule, retire, write
from genops.monitoring.examples import drift_links, examples_of
from genops.monitoring.monitor import Monitor
from genops.monitoring.reading import Reading
from genops.store import Store
from genops.store.records.alerts import AlertRecord
from genops.syntax import YamlFile
from genops.tracing.quantities import counted

_NO_RULES = "no monitor with rules ran here; a rule can be silenced once `genops monitor run` has looked at it"


def apply_rules(monitor: Monitor) -> tuple[Reading, list[AlertRecord]]:
    """Looks at every rule, and writes where each stands and the messages that follow, in one commit.

    Of two processes that do so at once, one writes, and the other takes over where the rules stand by that.

    Args:
        monitor: Whose rules they are.

    Returns:
        What was known, and where the rules stand, in the order of the monitor's.

    Raises:
        StoreError: The store cannot be read or written; nothing was.
    """
    spec, store = monitor.spec, monitor.project.store
    known = {one.rule: one for one in store.alerts(spec.name)}  # read first: what another writes from here on is newer
    reading = monitor.reading()
    records: list[AlertRecord] = []
    messages: dict[str, list[Message]] = {}
    for rule in spec.rules:
        measure = _measure_of(rule, reading.figures(rule.over or spec.over))
        record, notice = look(known.get(rule.text), rule, measure, reading.at, spec.name)
        records.append(record)
        if notice is not None:
            examples = examples_of(monitor, reading, rule) if notice.state in ("warning", "alert") else ()
            for channel in rule.to or spec.channels:
                message = _message(monitor, notice, record, rule, measure, channel, examples)
                messages.setdefault(channel, []).append(message)
    gone = _taken_out(monitor, known, messages, reading.at)
    stood = [known[rule.text] for rule in spec.rules if rule.text in known]
    if not write(store, [*stood, *gone], records, messages, reading.at):
        theirs = {one.rule: one for one in store.alerts(spec.name)}
        records = [theirs.get(one.rule, one) for one in records]
    return reading, records


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
        which = "write more of it, or name its monitor with --monitor; " if found else ""
        raise ReferenceNotFound(what, hint=f"{which}there are: {names}" if names else _NO_RULES)
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
    monitor: Monitor,
    notice: Notice,
    record: AlertRecord,
    rule: Rule,
    measure: Measure,
    channel: str,
    examples: Sequence[Example] = (),
) -> Message:
    spec = monitor.spec
    family, _, name = rule.figure.partition(".")
    return Message.of(
        notice,
        record,
        rule,
        measure,
        chain=spec.chain,
        over=spec.over,
        links=drift_links(monitor, name) if family == "drift" else {},
        examples=examples,
        channel=channel,
    )


def _measure_of(rule: Rule, figures: Mapping[str, Measure]) -> Measure:
    """The figure that a rule is about, with the reason where it is too little to judge by."""
    measure = figures.get(rule.figure)
    if measure is None:
        family = rule.figure.partition(".")[0]
        why = {"score": "no run was scored", "feedback": "no feedback was given"}.get(family, "nothing is known of it")
        return Measure.none("score" if family in ("score", "feedback") else "", why)
    if measure.value is None or measure.n >= rule.least:
        return measure
    why = f"the rule wants {counted(rule.least, 'observation')}"
    return replace(measure, missing="; ".join(filter(None, [measure.missing, why])))
