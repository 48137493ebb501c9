"""The report as Markdown for a pull request: short, with the details folded."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import TextIO

from genops.evals.reports import wording
from genops.evals.reports.report import Report
from genops.evals.summary import Difference, Summary, VariantSummary

_SIGNS = {"pass": "✅", "fail": "❌", "undecided": "❔"}
_DIRECTIONS = {"better": "🟢 better", "worse": "🔴 worse", "same": "no case moved", "unclear": "not told apart"}
_FAILURES = 10
_MOVED = 5
_VARIANTS = 20
_MOST_ROWS = 100
"""Of a table with a row for each variant and score; GitHub takes no comment of more than 65,536 characters."""


def write(report: Report, out: TextIO) -> None:
    """Writes the summary."""
    out.write("\n".join(_lines(report.summary)) + "\n")


def _lines(summary: Summary) -> Iterator[str]:
    yield f"### Evaluation of `{code(summary.suite)}`"
    yield ""
    yield from _verdict(summary)
    for note in summary.notes:
        yield f"> {cell(note)}"
        yield ""
    yield from _scores(summary)
    yield from _corrected(summary)
    yield from _differences(summary)
    yield from _pairs(summary)
    yield from _failures(summary)
    yield from _details(summary)


def _verdict(summary: Summary) -> Iterator[str]:
    if summary.verdict is None:
        return
    yield f"{_SIGNS[summary.verdict.outcome]} **{cell(wording.verdict(summary.verdict))}**"
    yield ""
    for rule in summary.verdict.rules:
        yield f"- {_SIGNS[rule.outcome]} {cell(wording.rule(rule))}"
    for what, cases in wording.critical(summary.verdict):
        yield f"- ❌ {what}: {wording.some([f'`{code(case)}`' for case in cases])}"
    yield ""


def _scores(summary: Summary) -> Iterator[str]:
    metrics = list(dict.fromkeys(name for variant in summary.variants for name in variant.metrics))
    rows = []
    for variant in summary.variants[:_VARIANTS]:
        counts = variant.counts
        cells = [
            wording.measured(variant.metrics[name].mean) if name in variant.metrics else wording.NONE
            for name in metrics
        ]
        kinds = (f"{count:,}" for count in (counts.infrastructure, counts.unscored, counts.bad))
        rows.append((cell(variant.name), f"{counts.samples:,}", *kinds, *cells))
    head = (
        "variant",
        "samples",
        "infrastructure failed",
        "unscored",
        "bad",
        *(f"{cell(name)}, 95%" for name in metrics),
    )
    yield from table(head, rows)
    if len(summary.variants) > _VARIANTS:
        yield f"… and {len(summary.variants) - _VARIANTS:,} more variants"
        yield ""


def _corrected(summary: Summary) -> Iterator[str]:
    """Means that labels of people correct; why others are not stands below."""
    rows = [
        (cell(variant.name), cell(name), wording.measured(metric.corrected), f"{metric.corrected.n:,}")
        for variant in summary.variants[:_VARIANTS]
        for name, metric in variant.metrics.items()
        if metric.corrected is not None and metric.corrected.value is not None
    ]
    if rows:
        yield from table(("variant", "score", "corrected by labels of people, 95%", "labels"), rows)
    for line in wording.uncorrected(summary):
        yield f"<sub>{cell(line)}</sub>"
        yield ""


def _differences(summary: Summary) -> Iterator[str]:
    if not any(comparison.metrics for comparison in summary.comparisons):
        return
    rows = [
        (
            cell(comparison.variant),
            cell(comparison.reference + (f" of {comparison.evaluation[:12]}" if comparison.evaluation else "")),
            *_difference(found),
        )
        for comparison in summary.comparisons[:_VARIANTS]
        for found in comparison.metrics
    ]
    head = ("variant", "against", "metric", "difference, 95%", "p, corrected", "win/tie/loss", "")
    yield from table(head, rows[:_MOST_ROWS])
    if len(rows) > _MOST_ROWS:
        yield f"… and {len(rows) - _MOST_ROWS:,} more: `genops eval show {summary.evaluation[:12]}`"
        yield ""
    if text := wording.tests(summary):
        yield f"<sub>{cell(text)}</sub>"
        yield ""


def _difference(found: Difference) -> Sequence[str]:
    return (
        cell(found.metric),
        wording.measured(found.difference, signed=True),
        wording.probability(found.adjusted),
        wording.moves(found),
        _DIRECTIONS[found.direction],
    )


def _pairs(summary: Summary) -> Iterator[str]:
    """Ratings and win rates of variants whose answers were judged two by two."""
    if summary.pairs is None:
        return
    ratings = [
        (cell(one.variant), wording.measured(one.strength, signed=True), f"{one.wins:,}/{one.ties:,}/{one.losses:,}")
        for one in summary.pairs.ratings[:_VARIANTS]
    ]
    yield from table(("variant", "rating, 95%", "win/tie/loss"), ratings)
    rates = [
        (
            cell(rate.variant),
            cell(rate.against),
            wording.measured(rate.raw),
            wording.NONE if rate.length_controlled is None else wording.measured(rate.length_controlled),
            f"{rate.raw.n:,}",
        )
        for rate in summary.pairs.win_rates[:_VARIANTS]
    ]
    yield from table(("variant", "against", "win rate, 95%", "at one length, 95%", "verdicts"), rates)
    yield f"<sub>{cell(wording.pairs(summary.pairs))}</sub>"
    yield ""


def _failures(summary: Summary) -> Iterator[str]:
    failures = [failure for variant in summary.variants for failure in variant.failures]
    kinds = ("bad", "infrastructure", "unscored")
    shown = [failure for kind in kinds for failure in failures if failure.kind == kind][:_FAILURES]
    if not shown:
        return
    yield "**Failing cases**"
    yield ""
    rows = [
        (
            f"`{code(failure.case)}`",
            cell(failure.variant),
            wording.KINDS[failure.kind],
            cell(wording.short(failure.why)),
            f"`{wording.trace_command(failure.run)}`" if failure.run else wording.NONE,
        )
        for failure in shown
    ]
    yield from table(("case", "variant", "what", "why", "see"), rows)
    if more := wording.more_failures(summary, len(shown)):
        yield cell(more)
        yield ""


def _details(summary: Summary) -> Iterator[str]:
    yield "<details><summary>Details</summary>"
    yield ""
    dataset = summary.dataset_digest[:12]
    yield f"`{summary.evaluation[:12]}`, {summary.status}, {wording.size(summary)}, dataset `{dataset}`"
    yield ""
    rows = [
        (
            cell(variant.name),
            of,
            wording.measured(usage.latency.p50),
            wording.measured(usage.latency.p95),
            wording.number(usage.cost.total, "USD")
            + (f" ({usage.cost.unknown:,} unknown)" if usage.cost.unknown else ""),
            _per_pass(variant) if of == "chain" else "",
            wording.number(usage.tokens.total, "tokens"),
        )
        for variant in summary.variants[:_VARIANTS]
        for of, usage in (("chain", variant.chain_usage), ("judges", variant.judge_usage))
        if usage is not None
    ]
    yield from table(
        ("variant", "of", "latency p50, 95%", "latency p95, 95%", "cost", "cost per passing sample, 95%", "tokens"),
        rows,
    )
    moved = [
        (f"`{code(case.case)}`", cell(comparison.variant), cell(found.metric), f"{case.before:g}", f"{case.after:g}")
        for comparison in summary.comparisons[:_VARIANTS]
        for found in comparison.metrics
        for case in found.moved[:_MOVED]
    ]
    if moved:
        yield from table(("moved most", "variant", "metric", "before", "after"), moved[:_MOST_ROWS])
    yield "</details>"


def _per_pass(variant: VariantSummary) -> str:
    found = variant.cost_per_pass
    return "" if found is None else f"{wording.per_pass(found)}, n {found.measure.n:,}"


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """The lines of a table of cells that are Markdown already; a ``|`` ends none of them."""
    lines = [" | ".join(cell.replace("|", "\\|") for cell in row) for row in (head, *rows)]
    yield f"| {lines[0]} |"
    yield f"|{' --- |' * len(head)}"
    yield from (f"| {line} |" for line in lines[1:])
    yield ""


def cell(text: str) -> str:
    """Data in Markdown: on one line, as the characters that it is made of, and without mentions of people."""
    line = _line(text).replace("&", "&amp;").replace("<", "&lt;")
    return re.sub(r"([\\`*_\[\]~#])", r"\\\1", line).replace("@", "@\u200b")


def code(text: str) -> str:
    """Data inside of backticks."""
    return _line(text).replace("`", "ʼ")


def _line(text: str) -> str:
    """The text on one line, without control characters."""
    return "".join(char if char.isprintable() else "\ufffd" for char in " ".join(text.split()))
