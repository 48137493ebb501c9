"""The report for a terminal: what changed and what failed first, then every number."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import islice
from typing import TextIO

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from genops.evals.reports import wording
from genops.evals.reports.report import Report
from genops.evals.summary import Comparison, Difference, Distribution, FailedSample, MetricSummary, Summary, Usage
from genops.tracing.console import uncut
from genops.tracing.readable import commit, visible

_FAILURES = 10
_MOST_ROWS = 60
_MOVED = 5
_DIRECTIONS = {"better": "green", "worse": "bold red"}
_OUTCOMES = {"pass": "bold green", "fail": "bold red", "undecided": "bold yellow"}


def write(report: Report, out: TextIO) -> None:
    """Writes the report."""
    print_on(out, terminal_report(report.summary))


def print_on(out: TextIO, renderable: RenderableType) -> None:
    """Prints on a terminal in its width; elsewhere nothing is cut or wrapped, and there are no colours."""
    uncut(out).print(renderable)


def terminal_report(summary: Summary) -> RenderableType:
    """The report as rich prints it."""
    parts: list[RenderableType] = [*_head(summary)]
    for block in (_differences(summary), _pairs(summary), _failures(summary), _metrics(summary), _amounts(summary)):
        found = list(block)
        if found:
            parts += [Text(), *found]
    return Group(*parts)


def _head(summary: Summary) -> Iterator[Text]:
    started = f"{datetime.fromtimestamp(summary.started / 1e9).astimezone():%Y-%m-%d %H:%M:%S}"
    facts = [summary.evaluation[:12], summary.name, summary.status, started, wording.size(summary)]
    if summary.revision:
        facts.append(f"git {commit(summary.revision)}")
    yield Text(summary.suite, style="bold").append(f"  {'  '.join(filter(None, facts))}", style="not bold")
    for note in summary.notes:
        yield Text(f"note: {_safe(note)}", style="yellow")
    if summary.verdict is not None:
        yield Text(wording.verdict(summary.verdict), style=_OUTCOMES[summary.verdict.outcome])
        for rule in summary.verdict.rules:
            yield Text(f"  {wording.rule(rule)}")
        for what, cases in wording.critical(summary.verdict):
            yield Text(f"  {what}: {_safe(', '.join(cases))}", style="bold red")


def _differences(summary: Summary) -> Iterator[RenderableType]:
    if not any(comparison.metrics or comparison.amounts for comparison in summary.comparisons):
        return
    table = _table("VARIANT", "AGAINST", "METRIC", "DIFFERENCE, 95%", "P", "CORRECTED", "WIN/TIE/LOSS", "N", "")
    for comparison in summary.comparisons:
        for found in (*comparison.metrics, *comparison.amounts):
            table.add_row(*_difference(comparison, found))
    yield table
    if text := wording.tests(summary):
        yield Text(text, style="dim")
    yield from _moved(summary.comparisons)


def _difference(comparison: Comparison, found: Difference) -> Sequence[RenderableType]:
    style = _DIRECTIONS.get(found.direction, "")
    against = comparison.reference + (f" of {comparison.evaluation[:12]}" if comparison.evaluation else "")
    return (
        _safe(comparison.variant),
        _safe(against),
        _safe(found.metric),
        wording.measured(found.difference, signed=True),
        wording.probability(found.p),
        wording.probability(found.adjusted),
        wording.moves(found),
        f"{found.difference.n:,}",
        Text(found.direction if found.p is not None else "", style=style),
    )


def _moved(comparisons: Sequence[Comparison]) -> Iterator[RenderableType]:
    table = _table("MOVED MOST", "VARIANT", "METRIC", "BEFORE", "AFTER", "BEFORE: SEE", "AFTER: SEE")
    all_moved = (
        (comparison.variant, found.metric, case)
        for comparison in comparisons
        for found in comparison.metrics
        for case in found.moved[:_MOVED]
    )
    for variant, metric, case in islice(all_moved, _MOST_ROWS):
        values = (wording.number(value, "score") for value in (case.before, case.after))
        see = (wording.trace_command(run) for run in (case.run_before, case.run_after))
        table.add_row(_safe(case.case), _safe(variant), _safe(metric), *values, *see)
    if table.row_count:
        yield Text()
        yield table


def _pairs(summary: Summary) -> Iterator[RenderableType]:
    """Ratings and win rates of variants whose answers were judged two by two."""
    pairs = summary.pairs
    if pairs is None:
        return
    ratings = _table("VARIANT", "RATING, 95%", "WINS", "TIES", "LOSSES")
    for one in pairs.ratings:
        counts = (f"{count:,}" for count in (one.wins, one.ties, one.losses))
        ratings.add_row(_safe(one.variant), wording.measured(one.strength, signed=True), *counts)
    yield ratings
    rates = _table("VARIANT", "AGAINST", "WIN RATE, 95%", "AT ONE LENGTH, 95%", "N")
    for rate in pairs.win_rates:
        controlled = wording.measured(rate.length_controlled) if rate.length_controlled is not None else "-"
        row = (_safe(rate.variant), _safe(rate.against), wording.measured(rate.raw), controlled, f"{rate.raw.n:,}")
        rates.add_row(*row)
    yield Text()
    yield rates
    yield Text(wording.pairs(pairs), style="dim")


def _failures(summary: Summary) -> Iterator[RenderableType]:
    table = _table("FAILED", "CASE", "VARIANT", "REPEAT", "SEE", "WHY")
    for failure in islice(_first_failures(summary), _MOST_ROWS):
        repeat = str(failure.repeat) if summary.repeat > 1 else ""
        where = (wording.KINDS[failure.kind], _safe(failure.case), _safe(failure.variant), repeat)
        table.add_row(*where, wording.trace_command(failure.run), wording.short(_safe(failure.why)))
    if not table.row_count:
        return
    yield table
    if more := wording.more_failures(summary, table.row_count):
        yield Text(more, style="dim")


def _first_failures(summary: Summary) -> Iterator[FailedSample]:
    """The first of each kind, variant by variant."""
    for variant in summary.variants:
        for kind in wording.KINDS:
            yield from islice((failure for failure in variant.failures if failure.kind == kind), _FAILURES)


def _metrics(summary: Summary) -> Iterator[RenderableType]:
    counts = _table("VARIANT", "SAMPLES", "INFRASTRUCTURE FAILED", "UNSCORED", "BAD", right=range(1, 5))
    for variant in summary.variants:
        found = variant.counts
        of = f"{found.samples:,}" + (f" of {found.planned:,}" if found.samples < found.planned else "")
        numbers = (f"{number:,}" for number in (found.infrastructure, found.unscored, found.bad))
        counts.add_row(_safe(variant.name), of, *numbers)
    yield counts
    table = _table(
        "METRIC", "VARIANT", "MEAN, 95%", "PASS RATE, 95%", "N", "MISSING", "WERE ALL MISSING LOWEST, HIGHEST", ""
    )
    for name in dict.fromkeys(name for variant in summary.variants for name in variant.metrics):
        for variant in summary.variants:
            if name in variant.metrics:
                table.add_row(_safe(name), _safe(variant.name), *_metric(variant.metrics[name]))
    if table.row_count:
        yield Text()
        yield table
    for line in wording.uncorrected(summary):
        yield Text(_safe(line), style="dim")


def _metric(metric: MetricSummary) -> Sequence[str]:
    rate = wording.measured(metric.pass_rate) if metric.pass_rate is not None else wording.NONE
    bounds = ""
    if metric.missing and metric.bounds is not None:
        bounds = ", ".join(wording.number(end, metric.mean.unit) for end in metric.bounds)
    more = [
        f"pass@{tries.k} {wording.measured(tries.any)}, pass^{tries.k} {wording.measured(tries.all)}"
        for tries in metric.tries
    ]
    if metric.corrected is not None and metric.corrected.value is not None:
        more.append(wording.corrected(metric.corrected))
    return wording.measured(metric.mean), rate, f"{metric.mean.n:,}", f"{metric.missing:,}", bounds, "; ".join(more)


def _amounts(summary: Summary) -> Iterator[RenderableType]:
    table = _table("USED", "OF", "TOTAL", "MEAN, 95%", "P50, 95%", "P95, 95%", "N")
    for variant in summary.variants:
        for of, usage in (("chain", variant.chain_usage), ("judges", variant.judge_usage)):
            if usage is not None:
                for name, amount in _named(usage):
                    table.add_row(f"{_safe(variant.name)} {of}", name, *_amount(amount))
        if (found := variant.cost_per_pass) is not None:
            cells = ("", wording.per_pass(found), "", "", f"{found.measure.n:,}")
            table.add_row(f"{_safe(variant.name)} chain", "cost per passing sample", *cells)
    yield table


def _named(usage: Usage) -> Iterator[tuple[str, Distribution]]:
    yield "latency", usage.latency
    yield "cost", usage.cost
    yield "tokens", usage.tokens


def _amount(amount: Distribution) -> Sequence[str]:
    unknown = f" ({amount.unknown:,} unknown)" if amount.unknown else ""
    cells = (wording.measured(measure) for measure in (amount.mean, amount.p50, amount.p95))
    return wording.number(amount.total, amount.unit) + unknown, *cells, f"{amount.n:,}"


def _table(*names: str, right: Sequence[int] = ()) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for place, name in enumerate(names):
        table.add_column(name, justify="right" if place in right else "left", overflow="fold")
    return table


def _safe(text: str) -> str:
    """Data cannot steer the terminal."""
    return text if text.isprintable() else visible(" ".join(text.split()))
