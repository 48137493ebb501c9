"""What every report says in the same words."""

from __future__ import annotations

from collections.abc import Iterator

from genops.drift.summary import Change, Look, Moved, Since, StateSummary, Summary, WindowFacts
from genops.drift.verdict import left_out
from genops.evals.reports.wording import NONE, number
from genops.evals.summary import Measure
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
    if facts.embedder is not None:
        parts.append(f"embedder {facts.embedder or 'unknown'}")
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
    expected = "" if known is None else f", expected {_amount(known, change.before.unit)}"
    unit = f" {change.unit}" if change.unit else ""
    return f"{before} → {after}{unit} {_difference(change.difference)}{expected}"


def _moved(one: Moved) -> str:
    shares = (NONE if share.value is None else _percent(share.value) for share in (one.before, one.after))
    return f"{one.category} {' → '.join(shares)} {_difference(one.difference)}"


def look_name(look: Look) -> str:
    """What was asked."""
    return look.name if look.family in ("values", "descriptors") else FAMILIES[look.family]


def shown_looks(state: StateSummary) -> list[Look]:
    """The questions of a state, alarms first, then the smallest p-values."""
    return sorted(state.looks, key=lambda look: (not look.alarm, look.adjusted is None, look.adjusted or 0, look.name))


def untested(state: StateSummary) -> dict[str, str]:
    """The names of the questions that could not be tested, by the reason."""
    found: dict[str, list[str]] = {}
    for look in shown_looks(state):
        if look.missing:
            found.setdefault(look.missing, []).append(look_name(look))
    return {why: ", ".join(names) for why, names in found.items()}


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


def _difference(measure: Measure) -> str:
    """The interval of a difference."""
    if measure.low is None or measure.high is None:
        return "[no interval]"
    return f"[{_amount(measure.low, measure.unit, signed=True)}, {_amount(measure.high, measure.unit, signed=True)}]"


def _amount(value: float, unit: str, *, signed: bool = False) -> str:
    """A number with three digits that count; a share in percent."""
    if unit == "share":
        return number(value, unit, signed=signed)
    sign = "−" if value < 0 else "+" if signed and value > 0 else ""
    size = abs(value)
    return f"{sign}{size:,.0f}" if size >= 100 else f"{sign}{size:.3g}"


def _percent(share: float) -> str:
    return f"{share * 100:.1f}%"
