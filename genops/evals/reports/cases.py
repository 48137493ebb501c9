"""What was answered, a row per case and variant, for people to label with ``genops judge label``."""

from __future__ import annotations

import json
from typing import Any, TextIO

from genops.evals.reports.report import Report
from genops.evals.results import StoredSample
from genops.evals.scorer import as_text


def write(report: Report, out: TextIO) -> None:
    """Writes the first answer of each case and variant, without scores, as labels are given blind."""
    wanted = {variant.name for variant in report.summary.variants}
    seen: set[tuple[int, str]] = set()
    for sample in report.results.samples(report.record, lambda sample: sample.variant in wanted):
        place = (sample.record.case_number, sample.record.variant)
        if sample.record.output is not None and not sample.gone and place not in seen:
            seen.add(place)
            out.write(json.dumps(_row(sample), ensure_ascii=False) + "\n")


def _row(sample: StoredSample) -> dict[str, Any]:
    case = sample.case
    row = {"id": sample.record.case, "variant": sample.record.variant, "output": as_text(sample.output)}
    if case is None:
        return row
    asked = [as_text(value) for value in case.inputs.values()]
    return {**row, "input": "\n".join(asked), **({} if case.cluster is None else {"cluster": case.cluster})}
