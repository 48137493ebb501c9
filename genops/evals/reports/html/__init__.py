"""The report of an evaluation as one HTML file: summary, plots and samples in it, and nothing that it loads."""

from genops.evals.reports.html.report import html_report

__all__ = ["html_report"]
