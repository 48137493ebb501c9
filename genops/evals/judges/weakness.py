"""A judge's weaknesses, in words."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from genops.stats import Interval

if TYPE_CHECKING:
    from genops.evals.judges.check import JudgeReport

LITTLE = 0.4
FLIPS = 0.1
UNPARSED = 0.01
CONSISTENT = 0.9


def weaknesses(report: JudgeReport) -> Iterator[str]:
    """What a judge must not be trusted with; each holds with the confidence of its interval."""
    agreed = report.agreement
    if agreed is not None and _low(agreed.kappa) <= 0:
        yield _near_chance(agreed.kappa)
    if report.behind is not None and _low(report.behind) > 0:
        yield f"right less often than the best, by {_percent(report.behind.estimate)}"
    if report.flips is not None and _low(report.flips) > FLIPS:
        yield f"flips with the order in {_percent(report.flips.estimate)} of the cases"
    if report.first is not None and (_low(report.first) > 0 or _high(report.first) < 0):
        yield f"prefers what stands {'first' if report.first.estimate > 0 else 'second'}"
    if report.length is not None and (_low(report.length) > 0 or _high(report.length) < 0):
        yield f"prefers the {'longer' if report.length.estimate > 0 else 'shorter'} text more than people do"
    if report.consistency is not None and _high(report.consistency) < CONSISTENT:
        yield f"says the same again in only {_percent(report.consistency.estimate)}"
    if report.unparsed > UNPARSED * report.verdicts:
        yield f"no verdict in {report.unparsed} of {report.verdicts}"


def _near_chance(kappa: Interval) -> str:
    """In words, a kappa whose interval reaches down to chance."""
    if _high(kappa) < 0:
        return "worse than chance"
    tells = kappa.bounds is not None and _high(kappa) < LITTLE
    return "no better than chance" if tells else "too few labels to tell it from chance"


def _low(interval: Interval) -> float:
    return interval.bounds[0] if interval.bounds else interval.estimate


def _high(interval: Interval) -> float:
    return interval.bounds[1] if interval.bounds else interval.estimate


def _percent(share: float) -> str:
    return f"{100 * share:.0f}%"
