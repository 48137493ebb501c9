"""An answer before it is known how many questions were asked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from math import isfinite
from typing import Any

from genops.drift.spec import CorrectionName
from genops.drift.summary import Change, Family, Look
from genops.evals.summary import Measure
from genops.stats import Interval, benjamini_hochberg, holm

UNIT = "share"
_ALIKE = 0.995
"""From such a p-value on, windows that no chance tells apart so badly are more alike than independent rows."""


@dataclass(frozen=True, slots=True)
class Raw:
    """One question of a family.

    Attributes:
        family: Of the question.
        name: Unique in its family.
        test: Name of the two-sample test.
        p: By relabelling; None where it could not be tested.
        separation: With its interval; None where it could not be tested.
        change: In its own unit.
        missing: Why it could not be tested.
        details: What else the test told.
    """

    family: Family
    name: str
    test: str
    p: float | None = None
    separation: Interval | None = None
    change: Change | None = None
    missing: str = ""
    details: Mapping[str, Any] = field(default_factory=dict)


def decided(
    families: Sequence[Sequence[Raw]], asked: int, correction: CorrectionName, alpha: float, smallest: float
) -> tuple[Look, ...]:
    """The answers of one state, each corrected for having asked all questions.

    Within a family by Holm or Benjamini and Hochberg, and between families by Bonferroni: so the whole check raises a
    false alarm with probability alpha at most (by Benjamini and Hochberg: the share of false ones among a family's
    alarms is that at most).

    Args:
        families: The questions of each family.
        asked: How many families the check has in all states.
        correction: Within a family.
        alpha: Of the whole check.
        smallest: The least separation that alarms.
    """
    looks: list[Look] = []
    for family in families:
        tested = [raw.p for raw in family if raw.p is not None]
        corrected = (holm if correction == "holm" else benjamini_hochberg)(tested, alpha).adjusted if tested else ()
        adjusted = iter(corrected)
        looks += [_look(raw, None if raw.p is None else next(adjusted), asked, alpha, smallest) for raw in family]
    return tuple(looks)


def _look(raw: Raw, within: float | None, asked: int, alpha: float, smallest: float) -> Look:
    adjusted = None if within is None else min(1.0, within * asked)
    found, details = raw.separation, raw.details
    if found is None or not isfinite(found.estimate):
        separation, alarm = Measure.none(UNIT, raw.missing if found is None else found.missing), False
    else:
        separation = Measure.of(_from_0(found), UNIT, (0.0, 1.0))
        if raw.p is not None and raw.p >= _ALIKE and found.bounds is not None and found.bounds[1] < 0:
            details = {**details, "more_alike_than_chance": True}
        alarm = adjusted is not None and adjusted <= alpha and found.estimate >= smallest
    return Look(
        raw.family,
        raw.name,
        raw.test,
        raw.p,
        adjusted,
        separation,
        alarm,
        raw.change,
        raw.missing,
        details,
    )


def _from_0(found: Interval) -> Interval:
    """A separation is 0 at least: what learned to tell the windows apart errs below it by chance alone.

    So where the estimate is below, it and its interval are moved up to 0. An interval that was only cut there would be
    short, or empty, just where the rows are no independent ones.
    """
    rise = max(0.0, -found.estimate)
    bounds = found.bounds and (max(0.0, found.bounds[0] + rise), min(1.0, found.bounds[1] + rise))
    return replace(found, estimate=found.estimate + rise, bounds=bounds)
