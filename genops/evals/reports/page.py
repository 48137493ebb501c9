"""The report as one HTML file."""

from __future__ import annotations

from typing import TextIO

from genops.evals.reports.html import html_report
from genops.evals.reports.report import Report


def write(report: Report, out: TextIO) -> None:
    """Writes the page."""
    out.writelines(html_report(report.project, report.summary))
