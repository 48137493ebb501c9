"""The report as JSON: the summary, whole."""

from __future__ import annotations

import json
from typing import TextIO

from genops.evals.reports.report import Report


def write(report: Report, out: TextIO) -> None:
    """Writes the summary."""
    json.dump(report.summary.to_json(), out, indent=2, ensure_ascii=False, allow_nan=False)
    out.write("\n")
