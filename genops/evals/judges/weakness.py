"""A judge's weaknesses, in words."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING

from genops.stats import Interval

if TYPE_CHECKING:
    from genops.evals.judges.check import JudgeReport

FEWEST = 10
"""Labelled cases below which nothing is said."""
LITTLE = 0.4
FLIPS = 0.1
UNPARSED = 0.01
CONSISTENT = 0.9


def weaknesses(report: JudgeReport) -> Iterator[str]:
    """What a judge must not be trusted with; each holds with the confidence of its interval."""
    agreed, only = report.agreement, _only_word(report)
    if only:
        yield f"always says {only}, which is no better than chance"
    elif agreed is not None and (agreed.kappa.bounds or (agreed.kappa.estimate,))[0] <= 0:
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
    if kappa.bounds is None or kappa.bounds[1] >= LITTLE:
        return "too few labels to tell it from chance"
    return "worse than chance" if kappa.bounds[1] < 0 else "no better than chance"


def _only_word(report: JudgeReport) -> str:
    """The one word that a judge says whatever people say; empty where it says others, or too little was asked."""
    people = {human for human, _ in report.confusion}
    said = {word for _, word in report.confusion if word is not None}
    return said.pop() if len(said) == 1 and len(people) > 1 and report.cases >= FEWEST else ""


def _low(interval: Interval) -> float:
    return interval.bounds[0] if interval.bounds else -math.inf


def _high(interval: Interval) -> float:
    return interval.bounds[1] if interval.bounds else math.inf


def _percent(share: float) -> str:
    return f"{100 * share:.0f}%"
