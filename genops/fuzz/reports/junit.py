"""The report as JUnit XML, for whatever shows test results: a test for each objective and relation.

A breach, or more change than is allowed, is a failure; an infrastructure that failed and tries that are missing are an
error; what too little is known of is skipped. Where a gate decides there is a test for each of its rules instead, and
objectives that no rule is about are skipped.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TextIO
from xml.sax.saxutils import escape

from genops.evals.gate import Verdict as GateVerdict
from genops.evals.reports.junit import attribute, clean
from genops.evals.reports.wording import measured, trace_command
from genops.fuzz.reports.report import Report
from genops.fuzz.reports.wording import attack_text, bare, repro_command, shortest, where
from genops.fuzz.summary import FindingSummary, Standing, Summary
from genops.fuzz.summary.gated import WORDS, rule_words

_TAGS = {"bad": "failure", "unfinished": "error", "undecided": "skipped"}
_MOST = 40
"""Findings of one objective."""


@dataclass(frozen=True, slots=True)
class _Test:
    """A test: where something stands, and the objective whose findings say why; empty for none."""

    name: str
    standing: Standing
    objective: str = ""


def write(report: Report, out: TextIO) -> None:
    """Writes the tests of the campaign."""
    out.write('<?xml version="1.0" encoding="UTF-8"?>\n<testsuites>\n')
    out.writelines(f"{line}\n" for line in _suite(report))
    out.write("</testsuites>\n")


def _suite(report: Report) -> Iterator[str]:
    summary, record = report.summary, report.record
    tests = list(_tests(summary))
    tags = Counter(_TAGS.get(test.standing.outcome) for test in tests)
    counts = {"tests": len(tests), "failures": tags["failure"], "errors": tags["error"], "skipped": tags["skipped"]}
    numbers = " ".join(f'{name}="{count}"' for name, count in counts.items())
    moment = datetime.fromtimestamp(record.started / 1e9, UTC)
    seconds = ((record.ended or record.started) - record.started) / 1e9
    yield (
        f'<testsuite name={attribute(summary.campaign)} package={attribute(summary.chain)} id="0" '
        f'hostname="localhost" timestamp="{moment:%Y-%m-%dT%H:%M:%S}" {numbers} time="{seconds:.3f}">'
    )
    yield "<properties>"
    for name, value in _properties(summary):
        yield f"<property name={attribute(name)} value={attribute(value)}/>"
    yield "</properties>"
    for test in tests:
        mine = [finding for finding in summary.findings if finding.objective == test.objective]
        yield _test(f"{summary.campaign}.{summary.chain}", test, mine)
    yield "<system-out/>"
    yield "<system-err/>"
    yield "</testsuite>"


def _tests(summary: Summary) -> Iterator[_Test]:
    """Every part of the campaign that stands somewhere; and the whole, where none of them tells of its verdict."""
    tests = list(_objectives(summary) if summary.gate is None else _rules(summary, summary.gate))
    tests += _relations(summary)
    yield from tests
    verdict = summary.verdict
    if verdict.outcome not in {test.standing.outcome for test in tests}:
        yield _Test("the campaign as a whole", Standing(verdict.outcome, "; ".join(verdict.reasons)))


def _objectives(summary: Summary) -> Iterator[_Test]:
    for one in summary.objectives:
        yield _Test(one.name, one.standing, one.name)


def _relations(summary: Summary) -> Iterator[_Test]:
    if robustness := summary.robustness:
        yield _Test("robustness", robustness.standing)
        for relation in robustness.relations:
            if relation.standing is not None:
                yield _Test(f"robustness: {relation.relation}", relation.standing)


def _rules(summary: Summary, gate: GateVerdict) -> Iterator[_Test]:
    for rule in gate.rules:
        yield _Test(rule.rule, Standing(WORDS[rule.outcome], rule_words(rule)), rule.metric)
    about = {rule.metric for rule in gate.rules}
    for one in summary.objectives:
        if one.name not in about:
            yield _Test(one.name, Standing("undecided", f"no rule of the gate is about it; {one.standing.reason}"))


def _properties(summary: Summary) -> Iterator[tuple[str, str]]:
    yield "campaign", summary.id
    yield "verdict", summary.verdict.outcome
    for one in summary.objectives:
        yield one.name, measured(one.rate)
        for kind in ("crashed", "unscored", "infrastructure"):
            yield (
                f"{one.name}: {kind}",
                str(sum(getattr(found, kind) for found in (one.sweep, one.search, one.strategy))),
            )


def _test(classname: str, told: _Test, findings: list[FindingSummary]) -> str:
    test = f'<testcase name={attribute(told.name)} classname={attribute(classname)} time="0"'
    standing = told.standing
    tag = _TAGS.get(standing.outcome)
    if tag is None:
        return f"{test}/>"
    message = attribute(standing.reason)
    if tag == "skipped":  # which has no type in the schema
        return f"{test}><skipped message={message}/></testcase>"
    text = escape(clean("\n".join(_told(findings))))
    return f"{test}><{tag} message={message} type={attribute(standing.outcome)}>{text}</{tag}></testcase>"


def _told(findings: Iterable[FindingSummary]) -> Iterator[str]:
    listed = list(findings)
    for one in listed[:_MOST]:
        by = f", by the field {attack_text(one.field)}" if one.field else ""
        yield f"{one.severity}: {one.label}, at {where(one.step)}{by}, under {bare(one.mutators)}"
        yield f"  {shortest(one.text)}"
        yield f"  {repro_command(one.id)}; {trace_command(one.run)}" if one.run else f"  {repro_command(one.id)}"
    if len(listed) > _MOST:
        yield f"… and {len(listed) - _MOST:,} more"
