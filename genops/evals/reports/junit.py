"""The report as JUnit XML, for whatever shows test results: a suite per variant, a test per case.

A bad output is a failure, an infrastructure that failed an error, a case that no scorer could tell about is skipped. Of
several repeats the worst counts, in this order: failure, error, skipped. A gate is one suite more, with a test for each
rule and one for the cases that must pass: a failure where it fails, skipped where that is not known.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import groupby
from typing import TextIO
from xml.sax.saxutils import escape, quoteattr

from genops.evals.gate import Verdict
from genops.evals.reports import wording
from genops.evals.reports.report import Report
from genops.evals.rule_test import Outcome
from genops.evals.summary import FailedSample, Failure, VariantSummary, failures_of
from genops.store.records.evaluations import SampleRecord

_TAGS: dict[Failure, str] = {"bad": "failure", "infrastructure": "error", "unscored": "skipped"}
_GATE_TAGS: dict[Outcome, str] = {"fail": "failure", "undecided": "skipped"}
_UNTOLD = re.compile("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass
class _Suite:
    """The tests of a variant or of the gate, as text."""

    tests: list[str] = field(default_factory=list)
    tags: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0


def write(report: Report, out: TextIO) -> None:
    """Writes the tests of every variant, and those of the gate."""
    suites = {variant.name: _Suite() for variant in report.summary.variants}
    for name, samples in _cases(report.results.store.samples(report.record.id)):
        if name in suites:
            _add(suites[name], report.record.suite, samples)
    out.write('<?xml version="1.0" encoding="UTF-8"?>\n<testsuites>\n')
    told = [(variant.name, _properties(variant), suites[variant.name]) for variant in report.summary.variants]
    if (verdict := report.summary.verdict) is not None:
        told.append(("gate", [("verdict", wording.verdict(verdict))], _gate(report.record.suite, verdict)))
    for number, (name, properties, suite) in enumerate(told):
        out.writelines(f"{line}\n" for line in _suite(report, name, properties, suite, number))
    out.write("</testsuites>\n")


def _cases(samples: Iterable[SampleRecord]) -> Iterator[tuple[str, list[SampleRecord]]]:
    """The repeats of each case and variant; a case's samples stand together."""
    for _, of_case in groupby(samples, key=lambda sample: sample.case_number):
        by_variant: dict[str, list[SampleRecord]] = {}
        for sample in of_case:
            by_variant.setdefault(sample.variant, []).append(sample)
        yield from by_variant.items()


def _add(suite: _Suite, name: str, samples: list[SampleRecord]) -> None:
    seconds = sum(sample.seconds for sample in samples)
    failures = [failure for sample in samples for failure in failures_of(sample)]
    first = samples[0]
    test = f"<testcase name={attribute(first.case)} classname={attribute(f'{name}.{first.variant}')}"
    test += f' time="{seconds:.3f}"'
    suite.seconds += seconds
    kind = next((kind for kind in _TAGS if any(failure.kind == kind for failure in failures)), None)
    if kind is None:
        suite.tests.append(f"{test}/>")
        return
    tag = _TAGS[kind]
    suite.tags[tag] += 1
    suite.tests.append(f"{test}>{_result(tag, kind, failures)}</testcase>")


def _result(tag: str, kind: Failure, failures: list[FailedSample]) -> str:
    first = next(failure for failure in failures if failure.kind == kind)
    lines = [
        f"repeat {failure.repeat}: {wording.KINDS[failure.kind]}: {failure.why}\n{wording.trace_command(failure.run)}"
        for failure in failures
    ]
    message = attribute(wording.short(first.why))
    if tag == "skipped":  # which has no type in the schema
        return f"<skipped message={message}/>"
    return (
        f"<{tag} message={message} type={attribute(wording.KINDS[kind])}>{escape(clean(chr(10).join(lines)))}</{tag}>"
    )


def _gate(name: str, verdict: Verdict) -> _Suite:
    """The tests of a gate."""
    suite, all_hold = _Suite(), all(rule.outcome == "pass" for rule in verdict.rules)
    left = bool(verdict.critical_missing) or (verdict.outcome == "undecided" and all_hold)
    critical: Outcome = "fail" if verdict.critical else "undecided" if left else "pass"
    why = "; ".join(f"{what}: {', '.join(cases)}" for what, cases in wording.critical(verdict)) or "not all were seen"
    tests = [(f"{rule.rule} ({rule.variant})", rule.outcome, wording.rule(rule)) for rule in verdict.rules]
    for test, outcome, message in (*tests, ("cases that must pass", critical, why)):
        text = f'<testcase name={attribute(test)} classname={attribute(f"{name}.gate")} time="0"'
        tag = _GATE_TAGS.get(outcome)
        if tag is None:
            suite.tests.append(f"{text}/>")
            continue
        suite.tags[tag] += 1
        kind = f" type={attribute('gate')}" if tag == "failure" else ""
        suite.tests.append(f"{text}><{tag} message={attribute(message)}{kind}/></testcase>")
    return suite


def _properties(variant: VariantSummary) -> list[tuple[str, str]]:
    return [
        ("lock", variant.lock),
        ("infrastructure failed", str(variant.counts.infrastructure)),
        ("unscored", str(variant.counts.unscored)),
        ("bad", str(variant.counts.bad)),
        *((metric.spec.name, wording.measured(metric.mean)) for metric in variant.metrics.values()),
    ]


def _suite(report: Report, name: str, properties: list[tuple[str, str]], suite: _Suite, number: int) -> Iterator[str]:
    counts = {"failures": suite.tags["failure"], "errors": suite.tags["error"], "skipped": suite.tags["skipped"]}
    numbers = " ".join(f'{key}="{count}"' for key, count in {"tests": len(suite.tests), **counts}.items())
    moment = datetime.fromtimestamp(report.record.started / 1e9, UTC)
    yield (
        f'<testsuite name={attribute(name)} package={attribute(report.record.suite)} id="{number}" '
        f'hostname="localhost" timestamp="{moment:%Y-%m-%dT%H:%M:%S}" {numbers} time="{suite.seconds:.3f}">'
    )
    yield "<properties>"
    for key, value in (("evaluation", report.record.id), *properties):
        yield f"<property name={attribute(key)} value={attribute(value)}/>"
    yield "</properties>"
    yield from suite.tests
    yield "<system-out/>"
    yield "<system-err/>"
    yield "</testsuite>"


def attribute(text: str) -> str:
    """Text as an attribute's value, quoted, on one line."""
    return quoteattr(" ".join(clean(text).split()) or "-")


def clean(text: str) -> str:
    """Text without characters that XML cannot hold."""
    return _UNTOLD.sub("\ufffd", text)
