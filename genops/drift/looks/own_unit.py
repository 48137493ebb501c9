"""Changes in their own unit, as reports show them."""

from __future__ import annotations

from genops.drift.own_unit import CategoryChange, NumberChange
from genops.drift.summary import Change, Moved
from genops.evals.summary import Measure

SHARE = "share"


def change_of(change: NumberChange | CategoryChange, unit: str, expected: float | None = None) -> Change:
    """A change with its unit.

    Args:
        change: Of numbers or categories.
        unit: Of the numbers, or of what the categories are.
        expected: What the mean of an unchanged window is by the reference alone.
    """
    if isinstance(change, CategoryChange):
        moved = tuple(
            Moved(one.category, *(Measure.of(each, SHARE) for each in (one.before, one.after, one.difference)))
            for one in change.categories
        )
        return Change(unit, difference=Measure.of(change.moved, SHARE), moved=moved)
    own = SHARE if unit.startswith(SHARE) else unit
    before, after, difference = (Measure.of(each, own) for each in (change.before, change.after, change.difference))
    median = None if change.median is None else Measure.of(change.median, own)
    return Change(unit, before, after, difference, median, expected=expected)
