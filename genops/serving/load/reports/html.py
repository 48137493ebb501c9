"""The report as one HTML file that needs nothing else: latency over load, throughput over load, every figure."""

from __future__ import annotations

from typing import Any, TextIO

from genops.page import Page, embedded
from genops.serving.load.bench import BenchResult
from genops.serving.load.reports import wording
from genops.serving.wording import estimate


def write(result: BenchResult, out: TextIO) -> None:
    """Writes the page."""
    page = Page("genops.serving.load.reports", "load", report=True)
    out.write(page.filled(f"load test of {result.alias} · {result.id[:12]}", data=embedded(_data(result))))


def _data(result: BenchResult) -> dict[str, Any]:
    return {
        "id": result.id,
        "alias": result.alias,
        "at": result.at / 1e6,
        "about": wording.about(result),
        "method": wording.METHOD,
        "verdict": result.verdict,
        "found": wording.found(result),
        "costs": list(wording.costs(result)),
        "notes": list(result.notes),
        "unit": "requests at once" if result.plan.loop == "closed" else "requests a second",
        "limits": [{"name": one.name, "limit": one.limit, "text": str(one)} for one in result.plan.objectives],
        "columns": list(wording.COLUMNS.values()),
        "loads": [_load(result, place) for place in range(len(result.probes))],
    }


def _load(result: BenchResult, place: int) -> dict[str, Any]:
    probe = result.probes[place]
    figures = probe.figures
    return {
        "level": figures.load.level,
        "name": figures.name,
        "size": wording.size(figures),
        "verdict": probe.verdict if probe.rulings else "",
        "rulings": [wording.ruled(ruling) for ruling in probe.rulings],
        "failures": wording.failures(figures),
        "cells": [estimate(figures.figures[name]) for name in wording.COLUMNS],
        "figures": {
            name: {"value": one.value, "low": one.low, "high": one.high, "unit": one.unit}
            for name, one in figures.figures.items()
        },
    }
