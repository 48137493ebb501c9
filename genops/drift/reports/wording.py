"""What every report says in the same words."""

from __future__ import annotations

from collections.abc import Iterator

from genops.drift.reports.digits import Digits
from genops.drift.summary import Change, Look, Since, StateSummary, Summary, TermFact, WindowFacts
from genops.drift.verdict import left_out
from genops.evals.reports.wording import NONE
from genops.evals.summary import Measure
from genops.tracing.moments import shown_moment
from genops.tracing.quantities import counted

_MOVED = 3
_SHARE = "share"
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
    """By how much something changed, in its own unit, to the digits that the change has."""
    if change is None:
        return NONE
    if change.moved:
        return ", ".join(
            f"{one.category} {_moved(one.before, one.after, one.difference)}" for one in change.moved[:_MOVED]
        )
    if change.before is None or change.after is None or change.difference is None:
        return NONE
    return _moved(change.before, change.after, change.difference, change.unit, change.expected)


def _moved(before: Measure, after: Measure, difference: Measure, unit: str = "", expected: float | None = None) -> str:
    """``0.000200 → 0.000402 USD [+0.000194, +0.000210]``."""
    values = [value for value in (before.value, after.value, expected) if value is not None]
    ends = [end for end in (difference.low, difference.high) if end is not None]
    digits = Digits.of(values, ends, before.unit)
    shown = " → ".join(NONE if one.value is None else digits.text(one.value) for one in (before, after))
    reach = f"[{', '.join(map(digits.difference, ends))}]" if ends else "[no interval]"
    named = digits.unit or unit.removeprefix(_SHARE).strip()
    points = " points" if ends and before.unit == _SHARE else ""
    rate = "" if expected is None else f", expected {digits.text(expected)}"
    return " ".join(filter(None, (shown, named, reach))) + points + rate


def rates(word: TermFact) -> str:
    """How often a word comes up in 1,000, before and now: two digits after the point, or as many as it takes."""
    most = max(word.before, word.after)
    return " → ".join(f"{rate:.2f}" if most >= 1 else f"{rate:.3g}" for rate in (word.before, word.after))


def leading_name(state: StateSummary) -> str:
    """What was asked by the question that explains; empty where nothing alarms."""
    return next((look_name(look) for look in state.looks if look.name == state.leading), "")


def leading_words(state: StateSummary) -> str:
    """Which question explains; empty where nothing alarms."""
    name = leading_name(state)
    return f"explained by {name}, the alarm with the greatest separation" if name else ""


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


def _percent(share: float) -> str:
    return f"{share * 100:.1f}%"
