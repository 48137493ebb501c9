"""The report as annotations of GitHub Actions: lines that a job prints and GitHub shows beside the change."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import TextIO

from genops.evals.reports.github import Level, annotation, in_repository
from genops.evals.reports.wording import trace_command
from genops.fuzz.reports.places import Places
from genops.fuzz.reports.report import Report
from genops.fuzz.reports.wording import attack_text, bare, headline, repro_command, shortest, where

_LEVELS: dict[str, Level] = {"critical": "error", "high": "error", "medium": "warning", "low": "notice"}
_VERDICTS: dict[str, Level] = {"bad": "error", "unfinished": "warning", "undecided": "warning", "good": "notice"}
_MOST = 9
"""Findings of each level; GitHub shows no more than ten of one step, the verdict's among them."""


def write(report: Report, out: TextIO) -> None:
    """Writes a line for the verdict, and one for each of the first findings, at the step where the defence failed."""
    out.writelines(f"{line}\n" for line in _lines(report))


def _lines(report: Report) -> Iterator[str]:
    summary, verdict = report.summary, report.summary.verdict
    title = f"{attack_text(summary.campaign)}: {headline(summary)}"
    reasons = "\n".join(attack_text(reason, len(reason)) for reason in verdict.reasons)
    about = in_repository(report.settings.root, report.campaign_file) if report.campaign_file else ""
    yield annotation(_VERDICTS[verdict.outcome], title, reasons, about)
    places = Places(report.settings, summary.chain, report.campaign_file)
    shown: Counter[str] = Counter()
    for finding in summary.findings:
        level = _LEVELS[finding.severity]
        shown[level] += 1
        if shown[level] > _MOST:
            continue
        told = (
            f"{finding.label}, at {where(finding.step)}, under {bare(finding.mutators)}",
            shortest(finding.text),
            repro_command(finding.id),
            trace_command(finding.run),
        )
        stands = places.of(finding.step)
        file, line = (stands[0].file, stands[0].line) if stands else ("", None)
        title = f"{finding.objective} ({finding.severity})"
        yield annotation(level, title, "\n".join(filter(None, told)), file, line)
