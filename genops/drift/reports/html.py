"""The report as one HTML file that needs nothing else.

Rows are in it as data; the page's policy allows nothing but its own script and style.
"""

from __future__ import annotations

from typing import Any, TextIO

from genops.drift.reports.wording import (
    SEPARATION,
    change_words,
    headline,
    leading_name,
    leading_words,
    look_name,
    rates,
    reasons,
    settings_words,
    shown_looks,
    since_words,
    untested,
    window_words,
)
from genops.drift.summary import StateSummary, Summary
from genops.page import Page, embedded


def write(summary: Summary, out: TextIO) -> None:
    """Writes the page."""
    out.write(html_report(summary))


def html_report(summary: Summary) -> str:
    """The whole page."""
    page = Page("genops.drift.reports", "drift", ("pictures",), report=True)
    return page.filled(f"{summary.check or 'drift check'} · {summary.id[:12]}", data=embedded(_data(summary)))


def _data(summary: Summary) -> dict[str, Any]:
    return {
        "summary": _in_milliseconds(summary.to_json()),
        "headline": headline(summary),
        "exit_code": int(summary.exit_code),
        "reasons": list(reasons(summary)),
        "settings": settings_words(summary),
        "separation": SEPARATION,
        "states": [_words(state) for state in summary.states],
    }


def _words(state: StateSummary) -> dict[str, Any]:
    looks = [look for look in shown_looks(state) if not look.missing]
    return {
        "reference": window_words("reference", state.reference),
        "current": window_words("current", state.current),
        "since": "" if state.since is None else since_words(state.since),
        "leading": leading_words(state),
        "by": leading_name(state),
        "rates": [rates(word) for word in state.words],
        "looks": [state.looks.index(look) for look in looks],
        "names": [look_name(look) for look in looks],
        "changes": [change_words(look.change) for look in looks],
        "untested": [f"{names}: {why}" for why, names in untested(state).items()],
    }


_TIMES = frozenset({"started", "ended", "first", "last", "at"})


def _in_milliseconds(value: Any, times: frozenset[str] = _TIMES) -> Any:
    """Times as a browser counts them: nanoseconds are beyond its whole numbers."""
    if isinstance(value, dict):
        return {
            name: item / 1e6
            if name in times and isinstance(item, int)
            else _in_milliseconds(item, _TIMES | {"low", "high"} if name == "since" else _TIMES)
            for name, item in value.items()
        }
    return [_in_milliseconds(item, times) for item in value] if isinstance(value, (list, tuple)) else value
