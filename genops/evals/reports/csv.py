"""The report as CSV: a row per sample and score, for spreadsheets and data frames."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from typing import Any, TextIO

from genops.evals.reports.report import Report
from genops.store.records.evaluations import SampleRecord

COLUMNS = (
    "evaluation",
    "case",
    "variant",
    "repeat",
    "status",
    "metric",
    "value",
    "passed",
    "label",
    "unscored",
    "explanation",
    "error",
    "trace",
    "seconds",
    "cost_usd",
    "input_tokens",
    "output_tokens",
    "judge_cost_usd",
    "judge_input_tokens",
    "judge_output_tokens",
)
"""A missing value is an empty cell: never 0."""
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def write(report: Report, out: TextIO) -> None:
    """Writes every sample, one by one; one without a score has a row all the same."""
    rows = csv.DictWriter(out, COLUMNS, restval="", lineterminator="\n")
    rows.writeheader()
    variants = {variant.name for variant in report.summary.variants}
    for sample in report.results.store.samples(report.record.id):
        if sample.variant in variants:
            rows.writerows(_rows(report.record.id, sample))


def _rows(evaluation: str, sample: SampleRecord) -> Iterator[dict[str, Any]]:
    error = sample.error or {}
    judged = sample.judged
    common = {
        "evaluation": evaluation,
        "case": _text(sample.case),
        "variant": _text(sample.variant),
        "repeat": sample.repeat,
        "status": sample.status,
        "error": _text(f"{error.get('type', '')}: {error.get('message', '')}") if error else "",
        "trace": sample.run,
        "seconds": sample.seconds,
        "cost_usd": sample.cost,
        "input_tokens": sample.input_tokens,
        "output_tokens": sample.output_tokens,
        "judge_cost_usd": judged.get("cost", 0.0),
        "judge_input_tokens": judged.get("input_tokens", 0),
        "judge_output_tokens": judged.get("output_tokens", 0),
    }
    if not sample.scores:
        yield common
    for name, score in sample.scores.items():
        texts = {key: _text(str(score.get(key, ""))) for key in ("label", "unscored", "explanation")}
        yield {**common, "metric": _text(name), "value": score.get("value"), "passed": score.get("passed"), **texts}


def _text(text: str) -> str:
    """A text that no spreadsheet takes for a formula."""
    return f"'{text}" if text.startswith(_FORMULA) else text
