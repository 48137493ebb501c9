"""The report as one HTML file that needs nothing else: a chart of quality, speed and cost, and the whole table."""

from __future__ import annotations

from typing import Any, TextIO

from genops.evals.summary import Measure
from genops.page import Page, embedded
from genops.serving.compare.comparison import Candidate, Comparison
from genops.serving.compare.reports import wording

_CHARTS = (
    ("ttft_p95", "time to the first token, 95% of requests"),
    ("output_tokens", "output tokens a second"),
)


def write(comparison: Comparison, out: TextIO) -> None:
    """Writes the page."""
    page = Page("genops.serving.compare.reports", "compare", report=True)
    out.write(page.filled(f"models: {wording.headline(comparison)}", data=embedded(_data(comparison))))


def _data(comparison: Comparison) -> dict[str, Any]:
    return {
        "at": comparison.at / 1e6,
        "headline": wording.headline(comparison),
        "evaluation": comparison.evaluation[:12],
        "method": wording.METHOD,
        "notes": list(comparison.notes),
        "aliases": [one.alias for one in comparison.candidates],
        "charts": list(_charts(comparison)),
        "rows": [{"title": title, "cells": cells} for title, cells in wording.rows(comparison)],
    }


def _charts(comparison: Comparison) -> list[dict[str, Any]]:
    """What is drawn: each metric, then latency, throughput and cost, where any alias has it."""
    candidates = comparison.candidates
    drawn = [
        *(_chart(metric, [_score(one, metric) for one in candidates]) for metric in comparison.metrics),
        *(_chart(title, [one.figures.get(name) for one in candidates]) for name, title in _CHARTS),
        _chart("cost a case of the suite", [one.case_cost for one in candidates]),
    ]
    return [chart for chart in drawn if any(one["value"] is not None for one in chart["measures"])]


def _score(candidate: Candidate, metric: str) -> Measure | None:
    return candidate.scores[metric].value if metric in candidate.scores else None


def _chart(title: str, measures: list[Measure | None]) -> dict[str, Any]:
    there = [Measure.none("", "not known") if one is None else one for one in measures]
    shown = [
        {"value": one.value, "low": one.low, "high": one.high, "unit": one.unit, "missing": one.missing}
        for one in there
    ]
    unit = next((one.unit for one in there if one.value is not None), "")
    return {"title": title, "unit": unit, "measures": shown}
