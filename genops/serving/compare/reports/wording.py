"""A comparison as rows of text: a title, and a cell for each alias."""

from __future__ import annotations

from collections.abc import Iterator

from genops.evals.reports.wording import NONE, number, probability
from genops.evals.summary import Measure
from genops.serving.compare.comparison import Candidate, Comparison, Score
from genops.serving.compare.facts import Fact
from genops.serving.wording import figure
from genops.settings import Price

_LOAD = {
    "ttft_p50": "first token p50",
    "ttft_p95": "first token p95",
    "per_token_p95": "a token p95",
    "end_to_end_p95": "end to end p95",
    "requests": "requests a second",
    "output_tokens": "output tokens a second",
}
METHOD = (
    "Intervals are 95% ones. Scores are of the same cases; a difference is called better or worse where its p,"
    " corrected for all tests here, is at most 0.05"
)


def headline(comparison: Comparison) -> str:
    """What was compared on what."""
    names = ", ".join(one.alias for one in comparison.candidates)
    on = f" on {comparison.cases:,} cases of {comparison.suite}" if comparison.suite else ""
    return f"{names}{on}"


def rows(comparison: Comparison) -> Iterator[tuple[str, list[str]]]:
    """Every row with its cells."""
    candidates = comparison.candidates
    yield "model", [one.model for one in candidates]
    for metric in comparison.metrics:
        scores = [one.scores.get(metric) for one in candidates]
        yield metric, list(map(_score, scores))
        if any(score is not None and score.difference is not None for score in scores):
            yield f"  against {candidates[0].alias}", list(map(_difference, scores))
    if comparison.suite:
        yield "failed runs", list(map(_failed, candidates))
        yield "seconds a case p50", [_measure(one.case_seconds) for one in candidates]
        yield "cost a case", [_measure(one.case_cost) for one in candidates]
    for name, title in _LOAD.items():
        if any(name in one.figures for one in candidates):
            yield title, [_measure(one.figures.get(name)) for one in candidates]
    if any(one.load for one in candidates):
        yield "at", [one.load or NONE for one in candidates]
    for kind in ("input", "output"):
        yield f"{kind}, per million tokens", [_price(one.facts.price, kind) for one in candidates]
    yield "context, tokens", [_fact(one.facts.context) for one in candidates]
    yield "licence", [_fact(one.facts.licence) for one in candidates]
    for name in sorted({name for one in candidates for name in one.facts.others}):
        yield name, [str(one.facts.others.get(name, NONE)) for one in candidates]


def _measure(measure: Measure | None) -> str:
    return NONE if measure is None else figure(measure)


def _score(score: Score | None) -> str:
    return NONE if score is None else figure(score.value)


def _difference(score: Score | None) -> str:
    if score is None or score.difference is None or score.difference.value is None:
        return NONE
    measure = score.difference
    assert measure.value is not None
    value = number(measure.value, measure.unit, signed=True)
    if measure.low is not None and measure.high is not None:
        low, high = (number(end, measure.unit, signed=True) for end in (measure.low, measure.high))
        value += f" [{low}, {high}]"
    tested = "" if score.p is None else f", p {probability(score.p)}"
    return f"{value} {score.direction}{tested}"


def _failed(candidate: Candidate) -> str:
    return NONE if candidate.failed is None else f"{candidate.failed[0]:,} of {candidate.failed[1]:,}"


def _fact(fact: Fact) -> str:
    if fact.value is None:
        return NONE
    shown = f"{fact.value:,}" if isinstance(fact.value, int) else str(fact.value)
    return f"{shown} ({fact.source})"


def _price(fact: Fact, kind: str) -> str:
    if not isinstance(fact.value, Price):
        return NONE
    return f"{number(getattr(fact.value, kind), 'USD')} ({fact.source})"
