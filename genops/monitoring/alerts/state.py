"""Where a rule stands after a look, and whether people are to be told: a pure function of what was known before.

A rule is in **alert** where the whole interval of its figure is beyond the bound, and in **warning** where the estimate
is, or the whole interval is beyond the milder bound ``warn``: so noise does not alarm. It has **no data** where there
are too few observations, or none.

A state is entered by what an interval says and left by what the estimate says: an alert ends when the estimate is back
behind ``clear`` (where the rule gives none, behind the bound by half of what is between the estimate and the end of its
interval). What lies between changes nothing, so that a figure that jitters around a bound does not flap.

A message is wanted where the state is another than people know of, and where a reminder is due; while a rule is
silenced its state changes and nobody is told, and the first look after the silence tells what is then the news. What
was told of a rule that is taken out of the monitor is told to be over.
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, replace
from typing import Literal

from genops.evals.summary import Measure
from genops.monitoring.alerts.rule import Rule
from genops.store.records.alerts import AlertRecord, AlertState

SECOND = 1_000_000_000
_RANK: dict[AlertState, int] = {"no data": 0, "ok": 0, "warning": 1, "alert": 2}


@dataclass(frozen=True, slots=True)
class Notice:
    """That people are to be told.

    Attributes:
        state: What of.
        before: What they know of so far; empty where they know of nothing.
        reminder: Whether it is nothing new.
        last: When they were told last, in nanoseconds since the epoch; None for never.
    """

    state: AlertState
    before: AlertState | Literal[""]
    reminder: bool
    last: int | None


def look(
    known: AlertRecord | None, rule: Rule, measure: Measure, now: int, monitor: str = ""
) -> tuple[AlertRecord, Notice | None]:
    """Where a rule stands after a look at its figure.

    Args:
        known: Where it stood; None for a rule that was never looked at.
        rule: The rule.
        measure: The figure of now.
        now: In nanoseconds since the epoch.
        monitor: Name of the monitor, for a rule that was never looked at.

    Returns:
        Where it stands, and the message that is wanted; None for none.
    """
    if known is None:
        known = AlertRecord(monitor, rule.text, "no data", now, now)
    record = _moved(known, rule, measure, now)
    if record.silenced is not None and record.silenced > now:
        return record, None
    if record.state != record.said:
        if _is_news(record):
            return replace(record, said=record.state, told=now), Notice(record.state, record.said, False, record.told)
        return (replace(record, said="ok") if record.state == "ok" else record), None
    if _is_due(record, rule, now):
        return replace(record, told=now), Notice(record.state, record.said, True, record.told)
    return record, None


def seen(rule: Rule, measure: Measure) -> AlertState:
    """What a figure says of a rule, whatever was known before."""
    value = measure.value
    if value is None or not math.isfinite(value) or measure.n < rule.least:
        return "no data"
    mild, far = _ends(rule, measure, value)
    if mild is None and far is not None:  # it is known to be at least so much, and nothing says how much more
        return "no data" if rule.beyond(far, rule.bound) else "ok"
    if mild is not None and rule.beyond(mild, rule.bound):
        return "alert"
    warned = rule.warn is not None and mild is not None and rule.beyond(mild, rule.warn)
    return "warning" if warned or (rule.warns and rule.beyond(value, rule.bound)) else "ok"


def retire(record: AlertRecord) -> Notice | None:
    """What is to be told of a rule that the monitor has no longer: that what people know of it is over.

    Args:
        record: Where it stood.
    """
    if record.said in ("", "ok"):
        return None
    return Notice("ok", record.said, False, record.told)


def _moved(known: AlertRecord, rule: Rule, measure: Measure, now: int) -> AlertRecord:
    """The state after a look; it changes when as many looks in a row as the rule wants say the same."""
    record = replace(known, looked=now, measure=asdict(measure))
    state = _held(known.state, rule, measure)
    if state == known.state:
        return replace(record, pending="", looks=0)
    looks = known.looks + 1 if known.pending == state else 1
    if looks < rule.looks:
        return replace(record, pending=state, looks=looks)
    return replace(record, state=state, since=now, pending="", looks=0)


def _held(state: AlertState, rule: Rule, measure: Measure) -> AlertState:
    """The state that a figure leads to from another: one that is bad is held until it is clearly over."""
    fresh = seen(rule, measure)
    if fresh == "no data" or _RANK[fresh] >= _RANK[state] or measure.value is None:
        return fresh
    if state == "alert" and not _is_behind(rule, measure, measure.value, rule.clear):
        return "alert"
    if fresh == "ok" and not _is_behind(rule, measure, measure.value, rule.clear if rule.warn is None else rule.warn):
        return "warning"
    return fresh


def _is_behind(rule: Rule, measure: Measure, value: float, clear: float | None) -> bool:
    """Whether an estimate is on the good side of a bound; of the rule's own, by a margin."""
    if clear is not None:
        return not rule.beyond(value, clear)
    _, far = _ends(rule, measure, value)
    return not rule.beyond(value if far is None else (value + far) / 2, rule.bound)


def _ends(rule: Rule, measure: Measure, value: float) -> tuple[float | None, float | None]:
    """The ends of the interval, the better one first; a figure that is no estimate is known exactly."""
    low, high = measure.low, measure.high
    if low is None and high is None and not measure.missing:
        low = high = value
    return (low, high) if rule.above else (high, low)


def _is_news(record: AlertRecord) -> bool:
    """Whether people want to know: not that a rule that nobody heard of is well, or has no data yet."""
    return record.said != "" or record.state in ("warning", "alert")


def _is_due(record: AlertRecord, rule: Rule, now: int) -> bool:
    """Whether it is time for a reminder."""
    if rule.repeat is None or record.told is None or record.state not in ("warning", "alert"):
        return False
    return now - record.told >= rule.repeat * SECOND
