"""Numbers of servers and load tests as people read them: each with its unit, its interval and what it rests on."""

from __future__ import annotations

from genops.evals.reports.wording import NONE, number
from genops.evals.summary import Measure

_WHOLE = ("requests", "count")
_OWN = ("s",)
"""Units of which each number gets the one that suits it."""


def amount(value: float, unit: str) -> str:
    """A number with its unit."""
    if unit in _WHOLE:
        return f"{value:,.0f}"
    if unit.endswith("/s"):
        return f"{value:,.{0 if value >= 100 else 1 if value >= 10 else 2}f} {unit}"
    if unit.startswith("USD"):
        return number(value, "USD") + unit.removeprefix("USD")
    return number(value, unit)


def estimate(measure: Measure) -> str:
    """A number with its interval, where it has one: ``312 ms [290 ms, 340 ms]``; a dash where it is not known."""
    if measure.value is None:
        return NONE if measure.low is None else f"> {amount(measure.low, measure.unit)}"
    value = amount(measure.value, measure.unit)
    if measure.low is None or measure.high is None:
        return f"{value} [no interval]" if measure.unit in _OWN else value
    low, high = (amount(end, measure.unit) for end in (measure.low, measure.high))
    if measure.unit not in _OWN:  # said once is enough where all three have the same
        low, high = (end.partition(" ")[0] for end in (low, high))
    return f"{value} [{low}, {high}]"


def figure(measure: Measure) -> str:
    """As :func:`estimate`, and how much it rests on where that is more than one reading."""
    counted = "" if measure.unit in _WHOLE or measure.n <= 1 else f"  n {measure.n:,}"
    return estimate(measure) + counted
