"""The report as SARIF 2.1.0, for pages that show what code scanners found: rules are objectives, results are findings.

A result stands at the step where the defence failed, in the chain's file, with the prompt that the step renders beside
it. It is the same in the next campaign when the same detectors say the same of the same step under the same mutators,
whatever the words of the attack: that is its fingerprint. GitHub takes ``primaryLocationLineHash`` for the identity of
an alert, and what else is in ``partialFingerprints`` for nothing.

Specification: Static Analysis Results Interchange Format (SARIF) Version 2.1.0, OASIS Standard, 2020.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from importlib.metadata import version
from typing import Any, TextIO
from urllib.parse import quote

from genops.errors import ReferenceNotFound
from genops.evals.reports.wording import measured, trace_command
from genops.fuzz.objective import find_objective
from genops.fuzz.reports.places import Place, Places
from genops.fuzz.reports.report import Report
from genops.fuzz.reports.wording import attack_text, bare, repro_command, where
from genops.fuzz.search.behaviour import place
from genops.fuzz.summary import FindingSummary, ObjectiveSummary

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_LEVELS = {"critical": "error", "high": "error", "medium": "warning", "low": "note"}
_SCORES = {"critical": "9.5", "high": "8.0", "medium": "5.5", "low": "2.5"}
"""As GitHub reads ``security-severity``: critical above 9.0, high from 7.0, medium from 4.0, low below."""
_LONGEST = 1_000
_ROOT = "PROJECTROOT"


def write(report: Report, out: TextIO) -> None:
    """Writes the log of one run."""
    json.dump({"$schema": SCHEMA, "version": "2.1.0", "runs": [_run(report)]}, out, indent=2, allow_nan=False)
    out.write("\n")


def _run(report: Report) -> dict[str, Any]:
    summary = report.summary
    source = report.settings.source
    places = Places(report.settings, summary.chain, report.campaign_file or (source.name if source else ""))
    rules = {one.name: number for number, one in enumerate(summary.objectives)}
    return {
        "tool": {
            "driver": {
                "name": "genops",
                "version": version("genops"),
                "rules": [_rule(one) for one in summary.objectives],
            }
        },
        "automationDetails": {"id": f"genops fuzz/{attack_text(summary.campaign)}/"},
        "invocations": [_invocation(report)],
        "columnKind": "unicodeCodePoints",
        "originalUriBaseIds": {_ROOT: {"description": {"text": "The root of the repository."}}},
        "results": list(_results(summary.findings, rules, places)),
    }


def _invocation(report: Report) -> dict[str, Any]:
    summary, record = report.summary, report.record
    lacking = [one.standing for one in summary.objectives if one.standing.outcome in ("unfinished", "undecided")]
    invocation: dict[str, Any] = {
        "executionSuccessful": summary.status == "finished",
        "exitCode": summary.verdict.exit_code,
        "startTimeUtc": _moment(record.started),
        "toolExecutionNotifications": [
            {"level": "warning", "message": {"text": _plain(f"{one.outcome}: {one.reason}")}} for one in lacking
        ],
    }
    if record.ended is not None:
        invocation["endTimeUtc"] = _moment(record.ended)
    return invocation


def _rule(one: ObjectiveSummary) -> dict[str, Any]:
    described = _description(one)
    tags = [*one.tags.owasp, *one.tags.atlas, *one.tags.nist]
    lists = [
        f"{name}: {', '.join(values)}"
        for name, values in (
            ("OWASP Top 10 for LLM applications", one.tags.owasp),
            ("MITRE ATLAS", one.tags.atlas),
            ("NIST AI RMF", one.tags.nist),
        )
        if values
    ]
    again = "`genops fuzz repro FINDING` runs an attack again, `genops trace show RUN` shows what happened."
    return {
        "id": one.name,
        "name": "".join(word.capitalize() for word in one.name.split("_")),
        "shortDescription": {"text": _plain(one.title)},
        "fullDescription": {"text": _plain(described)},
        "help": {
            "text": _plain("\n\n".join([described, *lists, again.replace("`", "")])),
            "markdown": "\n\n".join([described, "\n".join(f"- {line}" for line in lists), again]),
        },
        "defaultConfiguration": {"level": _LEVELS[one.severity]},
        "properties": {
            "tags": ["security", *tags][:20],
            "security-severity": _SCORES[one.severity],
            "rate": measured(one.rate),
        },
    }


def _description(one: ObjectiveSummary) -> str:
    """What the objective's class says of itself."""
    try:
        text = find_objective(one.name).__doc__ or ""
    except ReferenceNotFound:
        text = ""
    return " ".join(text.split("\n\n")[0].split()) or one.title


def _results(findings: Iterable[FindingSummary], rules: dict[str, int], places: Places) -> Iterator[dict[str, Any]]:
    seen: Counter[str] = Counter()
    for finding in findings:
        fingerprint = _fingerprint(finding)
        seen[fingerprint] += 1
        stands = places.of(finding.step)
        yield {
            "ruleId": finding.objective,
            "ruleIndex": rules[finding.objective],
            "level": _LEVELS[finding.severity],
            "message": {"text": _message(finding)},
            "locations": [_location(place) for place in stands[:1]],
            "relatedLocations": [
                {"id": number, **_location(place), "message": {"text": "The prompt that the step renders."}}
                for number, place in enumerate(stands[1:], start=1)
            ],
            "partialFingerprints": {
                "primaryLocationLineHash": f"{fingerprint[:16]}:{seen[fingerprint]}",
                "genopsFinding/v1": f"{fingerprint}:{seen[fingerprint]}",
            },
            "properties": {
                "finding": finding.id,
                "severity": finding.severity,
                "attack": attack_text(finding.text, _LONGEST),
                "mutators": bare(finding.mutators),
                "seed": attack_text(finding.seed),
                "surface": finding.surface,
                "field": attack_text(finding.field),
                "case": attack_text(finding.case),
                "step": attack_text(finding.step),
                "run": finding.run,
            },
        }


def _fingerprint(finding: FindingSummary) -> str:
    """What makes it the same finding, without the words of the attack: these differ with what a search came upon."""
    mutators = sorted({str(mutation["mutator"]) for mutation in finding.mutations})
    body = [finding.objective, finding.surface, finding.label, mutators, place(finding.step)]
    body += [finding.field] if finding.field else []
    return hashlib.sha256(json.dumps(body).encode("ascii")).hexdigest()


def _message(finding: FindingSummary) -> str:
    entry = f"the field {attack_text(finding.field)}" if finding.field else finding.surface
    parts = [
        f"An attack gets through at {where(finding.step)} (detected as {finding.label or 'a breach'}).",
        f"It enters by {entry}, under {bare(finding.mutators)}: {attack_text(finding.text, _LONGEST)}",
        f"Run it again: {repro_command(finding.id)}",
    ]
    if finding.run:
        parts.append(f"See what happened: {trace_command(finding.run)}")
    return _plain("\n".join(parts))


def _location(place: Place) -> dict[str, Any]:
    artifact = {"uri": quote(place.file), "uriBaseId": _ROOT}
    return {"physicalLocation": {"artifactLocation": artifact, "region": {"startLine": place.line}}}


def _plain(text: str) -> str:
    """Text of a message, in which brackets would be links and braces places to fill in (3.11.5 and 3.11.6)."""
    escaped = text.replace("[", "\\[").replace("]", "\\]").replace("{", "{{").replace("}", "}}")
    return escaped.encode("utf-8", "backslashreplace").decode("utf-8")


def _moment(nanoseconds: int) -> str:
    return f"{datetime.fromtimestamp(nanoseconds / 1e9, UTC):%Y-%m-%dT%H:%M:%S.%f}"[:-3] + "Z"
