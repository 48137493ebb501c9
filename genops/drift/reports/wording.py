"""What every report says in the same words."""

from __future__ import annotations

from collections.abc import Iterator

from genops.drift.summary import Change, Look, Moved, Since, StateSummary, Summary, WindowFacts
from genops.drift.verdict import left_out
from genops.evals.reports.wording import NONE, interval, number
from genops.tracing.moments import shown_moment
from genops.tracing.quantities import counted

_MOVED = 3
FAMILIES = {
    "values": "rows",
    "descriptors": "descriptors",
    "topics": "mix of topics",
    "concepts": "new concepts",
}
SEPARATION = (
    "separation: 0% the windows cannot be told apart, 10% as though a tenth of the current rows were of a kind that"
    " the reference has none of"
)


def headline(summary: Summary) -> str:
    """The verdict in one sentence."""
    drifted = [state.name for state in summary.states if state.verdict == "drift"]
    match summary.verdict:
        case "drift":
            return f"drift in {', '.join(drifted)}"
        case "undecided":
            return "undecided: too little data to say"
        case _:
            return "quiet: no change that alarms"


def window_words(which: str, facts: WindowFacts) -> str:
    """What a window is made of: ``reference  eval:answer_docs  120 rows of 60 groups``."""
    rows = counted(facts.rows, "row")
    parts = [f"{rows} in {counted(facts.groups, 'group')}" if facts.groups != facts.rows else rows]
    if facts.drawn_from > facts.rows:
        parts.append(f"drawn from {facts.drawn_from:,}")
    if facts.first is not None and facts.last is not None:
        parts.append(f"{shown_moment(facts.first)} to {shown_moment(facts.last)}")
    if facts.left_out:
        parts.append(left_out(facts.left_out))
    return f"{which}  {facts.name}  {'; '.join(parts)}"


def change_words(change: Change | None) -> str:
    """By how much something changed, in its own unit."""
    if change is None:
        return NONE
    if change.moved:
        return ", ".join(map(_moved, change.moved[:_MOVED]))
    if change.before is None or change.after is None or change.difference is None:
        return NONE
    before, after = (
        number(one.value, one.unit) if one.value is not None else NONE for one in (change.before, change.after)
    )
    known = change.expected
    expected = "" if known is None else f", expected {number(known, change.before.unit)}"
    unit = "" if change.unit in ("share", "s", "USD", "tokens") else f" {change.unit}"
    return f"{before} → {after}{unit} {interval(change.difference, signed=True)}{expected}"


def _moved(one: Moved) -> str:
    shares = (NONE if share.value is None else _percent(share.value) for share in (one.before, one.after))
    return f"{one.category} {' → '.join(shares)} {interval(one.difference, signed=True)}"


def look_name(look: Look) -> str:
    """What was asked."""
    return look.name if look.family in ("values", "descriptors") else FAMILIES[look.family]


def shown_looks(state: StateSummary) -> list[Look]:
    """The questions of a state, alarms first, then the smallest p-values."""
    return sorted(state.looks, key=lambda look: (not look.alarm, look.adjusted is None, look.adjusted or 0, look.name))


def since_words(since: Since) -> str:
    """Since when: ``since 2026-11-03 08:00 [2026-11-02 …, 2026-11-04 …]``."""
    ends = ""
    if since.low is not None and since.high is not None:
        ends = f" [{shown_moment(since.low)}, {shown_moment(since.high)}; {since.level:.0%}]"
    return f"since {shown_moment(since.at)}{ends}"


def settings_words(summary: Summary) -> str:
    """How it was tested."""
    parts = [
        f"alpha {summary.alpha:g} for the whole check",
        f"alarms from a separation of {_percent(summary.smallest)}",
        f"p-values by {summary.relabellings:,} relabellings of whole groups",
    ]
    if summary.embedder:
        parts.append(f"embedder {summary.embedder}")
    return "; ".join(parts)


def reasons(summary: Summary) -> Iterator[str]:
    """A sentence for each state."""
    for state in summary.states:
        yield f"{state.name}: {state.reason}"
        if state.cause:
            yield f"{state.name}: {state.cause}"


def _percent(share: float) -> str:
    return f"{share * 100:.1f}%"
