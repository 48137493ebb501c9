"""The report as one HTML file that needs nothing else.

Attacks are in it as data, spelled out so that nothing of them is unseen or acts; the page's policy allows nothing but
its own script and style.
"""

from __future__ import annotations

from typing import Any, TextIO

from genops.errors import DefinitionError, ReferenceNotFound
from genops.fuzz.mutator import find_mutator
from genops.fuzz.reports.report import Report
from genops.fuzz.reports.wording import CHANGES, OUTCOMES, attack_text, attacker_words, headline, poison_words, unseen
from genops.fuzz.summary import SEVERITIES, Summary
from genops.page import Page, embedded

ROOM = 6_000
"""Characters of an attack that are shown."""


def write(report: Report, out: TextIO) -> None:
    """Writes the page."""
    out.write(html_report(report.summary))


def html_report(summary: Summary) -> str:
    """The whole page."""
    page = Page("genops.fuzz.reports", "campaign", ("findings", "heat"), report=True)
    return page.filled(f"{summary.campaign} · {summary.id[:12]}", data=embedded(_data(summary)))


def _data(summary: Summary) -> dict[str, Any]:
    data = summary.to_json()
    mutators = {rate.mutator for objective in summary.objectives for rate in objective.mutators}
    return {
        "findings": [_finding(finding) for finding in data.pop("findings")],
        "summary": data,
        "headline": headline(summary),
        "attacker": attacker_words(summary),
        "poison": poison_words(summary),
        "families": {name: _family(name) for name in sorted(mutators)},
        "outcomes": OUTCOMES,
        "changes": CHANGES,
        "severities": SEVERITIES,
    }


def _finding(finding: dict[str, Any]) -> dict[str, Any]:
    return {**finding, "attack": _spelled(finding.pop("text")), "start": _spelled(finding["start"])}


def _spelled(text: str) -> dict[str, Any]:
    shown = text[:ROOM]
    return {"text": attack_text(shown, ROOM), "shown": len(shown), "of": len(text), "unseen": unseen(shown)}


def _family(mutator: str) -> str:
    """Of a registered mutator; of one whose plugin is not here any more, none."""
    try:
        return find_mutator(mutator).family
    except (DefinitionError, ReferenceNotFound):
        return ""
