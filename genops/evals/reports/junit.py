"""The report as JUnit XML, for whatever shows test results: a suite per variant, a test per case.

A bad output is a failure, an infrastructure that failed an error, a case that no scorer could tell about is skipped. Of
several repeats the worst counts, in this order: failure, error, skipped.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import groupby
from typing import TextIO
from xml.sax.saxutils import escape, quoteattr

from genops.evals.reports import wording
from genops.evals.reports.report import Report
from genops.evals.summary import FailedSample, Failure, VariantSummary, failures_of
from genops.store.records.evaluations import SampleRecord

_TAGS: dict[Failure, str] = {"bad": "failure", "infrastructure": "error", "unscored": "skipped"}
_UNTOLD = re.compile("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass
class _Suite:
    """The tests of a variant, as text."""

    tests: list[str] = field(default_factory=list)
    tags: dict[str, int] = field(default_factory=dict)
    seconds: float = 0.0


def write(report: Report, out: TextIO) -> None:
    """Writes the tests of every variant."""
    suites = {variant.name: _Suite() for variant in report.summary.variants}
    for name, samples in _cases(report.results.store.samples(report.record.id)):
        if name in suites:
            _add(suites[name], report.record.suite, samples)
    out.write('<?xml version="1.0" encoding="UTF-8"?>\n<testsuites>\n')
    for number, variant in enumerate(report.summary.variants):
        out.writelines(f"{line}\n" for line in _suite(report, variant, suites[variant.name], number))
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
    suite.tags[tag] = suite.tags.get(tag, 0) + 1
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


def _suite(report: Report, variant: VariantSummary, suite: _Suite, number: int) -> Iterator[str]:
    counts = {
        plural: suite.tags.get(tag, 0)
        for tag, plural in zip(_TAGS.values(), ("failures", "errors", "skipped"), strict=True)
    }
    numbers = " ".join(f'{name}="{count}"' for name, count in {"tests": len(suite.tests), **counts}.items())
    moment = datetime.fromtimestamp(report.record.started / 1e9, UTC)
    yield (
        f'<testsuite name={attribute(variant.name)} package={attribute(report.record.suite)} id="{number}" '
        f'hostname="localhost" timestamp="{moment:%Y-%m-%dT%H:%M:%S}" {numbers} time="{suite.seconds:.3f}">'
    )
    yield "<properties>"
    for name, value in (
        ("evaluation", report.record.id),
        ("lock", variant.lock),
        ("infrastructure failed", str(variant.counts.infrastructure)),
        ("unscored", str(variant.counts.unscored)),
        ("bad", str(variant.counts.bad)),
        *((metric.spec.name, wording.measured(metric.mean)) for metric in variant.metrics.values()),
    ):
        yield f"<property name={attribute(name)} value={attribute(value)}/>"
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
