"""The report for a terminal: the verdict and what was found first, then every number."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import TextIO

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from genops.evals.reports.terminal import print_on
from genops.evals.reports.wording import NONE, measured, number, probability, trace_command
from genops.fuzz.reports.report import Report
from genops.fuzz.reports.wording import (
    CHANGES,
    OUTCOMES,
    attack_text,
    attacker_words,
    bare,
    corrected_rate,
    headline,
    in_field,
    kinds,
    labelled,
    poison_words,
    repro_command,
    shortest,
    where_of,
)
from genops.fuzz.summary import ChangeOutcomes, Comparison, ObjectiveSummary, Outcomes, RateDifference, Summary
from genops.tracing.quantities import counted

_MOST_MUTATORS = 10
_MOST_FINDINGS = 40
_LONGEST_ANSWER = 80
_STYLES = {"bad": "bold red", "unfinished": "bold yellow", "undecided": "bold yellow", "good": "bold green"}
_DIRECTIONS = {"better": "green", "worse": "bold red"}


def write(report: Report, out: TextIO) -> None:
    """Writes the report of a campaign."""
    print_on(out, terminal_report(report.summary))


def write_comparison(comparison: Comparison, out: TextIO) -> None:
    """Writes the report of two campaigns."""
    print_on(out, comparison_report(comparison))


def terminal_report(summary: Summary) -> RenderableType:
    """The report as rich prints it."""
    parts: list[RenderableType] = [*_head(summary)]
    attacks = (_findings, _objectives, _detectors, _searches, _mutators, _fields, _steps, _curves)
    for block in (*attacks, _relations, _prompts, _answers):
        found = list(block(summary))
        if found:
            parts += [Text(), *found]
    return Group(*parts)


def comparison_report(comparison: Comparison) -> RenderableType:
    """The comparison as rich prints it."""
    against = f"{comparison.after[:12]} against {comparison.before[:12]}"
    parts: list[RenderableType] = []
    for found, kind, what in (
        (comparison.objectives, "OBJECTIVE", "breaches of the sweeps, paired by seed and mutation"),
        (comparison.relations, "CHANGE", "changed answers, paired by case and change"),
    ):
        if found:
            parts += [Text(f"{against}, {what}", style="bold"), _differences(kind, found), Text()]
    told = "p by flipping the signs of whole seeds or cases, corrected by Holm; McNemar's takes tries for independent"
    parts.append(Text(told, "dim"))
    parts += [
        Text(f"{_safe(name)}: {count:,} tries, none of which is scored in both", "yellow")
        for name, count in comparison.unpaired.items()
    ]
    return Group(*parts)


def _head(summary: Summary) -> Iterator[Text]:
    started = f"{datetime.fromtimestamp(summary.started / 1e9).astimezone():%Y-%m-%d %H:%M:%S}"
    facts = (summary.id[:12], summary.target, summary.status, started)
    yield Text(_safe(summary.campaign), style="bold").append(f"  {_safe('  '.join(facts))}", style="not bold")
    verdict = summary.verdict
    yield Text(f"{headline(summary)} (exit code {verdict.exit_code})", style=_STYLES[verdict.outcome])
    for reason in verdict.reasons:
        yield Text(f"  {_safe(reason)}")
    if said := attacker_words(summary):
        yield Text(said, style="yellow")


def _findings(summary: Summary) -> Iterator[RenderableType]:
    if not summary.findings:
        return
    fields = any(one.field for one in summary.findings)
    more = ("FIELD",) if fields else ()
    table = _table("FINDING", "SEVERITY", "OBJECTIVE", "STEP", *more, "MUTATORS", "ATTACK", "DETECTED AS", "RUN")
    for one in summary.findings[:_MOST_FINDINGS]:
        where = where_of(one.step)
        text = shortest(one.text) + ("" if one.minimal else "  (not minimal)")
        written = (in_field(one.field),) if fields else ()
        row = (one.id[:12], one.severity, one.objective, where, *written, bare(one.mutators))
        table.add_row(*map(_safe, row), Text(text), _safe(one.label), one.run[:12])
    yield table
    left = len(summary.findings) - _MOST_FINDINGS
    if left > 0:
        yield Text(f"… and {left:,} more: genops fuzz report {summary.id[:12]} -f html -o FILE", style="dim")
    first = summary.findings[0]
    again, see = repro_command(first.id), trace_command(first.run)
    yield Text(f"run one again: {again}{f'; see what happened: {see}' if see else ''}", style="dim")


def _objectives(summary: Summary) -> Iterator[RenderableType]:
    if not summary.objectives:
        return
    corrected = any(one.corrected is not None for one in summary.objectives)
    shown = kinds(OUTCOMES, [one.sweep for one in summary.objectives])
    lost = any(map(_bounds, summary.objectives))
    more = ("CORRECTED FOR THE DETECTORS, 95%",) if corrected else ()
    last = ("WERE ALL OTHERS SAFE, BREACH",) if lost else ()
    table = _table("OBJECTIVE", "SEVERITY", "RATE, 95%", *more, "SEEDS", *_names(OUTCOMES, shown), *last)
    for one in summary.objectives:
        cells = [_safe(one.name), one.severity, measured(one.rate)]
        if corrected:
            cells.append(corrected_rate(one.corrected))
        cells += [f"{one.rate.clusters or 0:,}", *_counts(one.sweep, shown)]
        table.add_row(*cells, *((_bounds(one),) if lost else ()))
    over = f" over {summary.cases:,} cases" if summary.cases > 1 else ""
    told = f"sweep, drawn at random{over}; the rate is of breach and safe, its interval clustered by seed"
    yield Text(told, style="dim")
    yield table
    yield from map(Text, poison_words(summary))


def _detectors(summary: Summary) -> Iterator[RenderableType]:
    table = _table("OBJECTIVE", "SENSITIVITY, 95%", "SPECIFICITY, 95%")
    for one in summary.objectives:
        if one.corrected is not None:
            table.add_row(_safe(one.name), labelled(one.sensitivity), labelled(one.specificity))
    if table.row_count:
        yield Text("detectors by labels of tries drawn at random: breaches found, safe ones let pass", style="dim")
        yield table


def _searches(summary: Summary) -> Iterator[RenderableType]:
    shown = kinds(OUTCOMES, [found for one in summary.objectives for found in (one.search, one.strategy)])
    table = _table("OBJECTIVE", "PHASE", *_names(OUTCOMES, shown))
    for one in summary.objectives:
        for phase, found in (("search", one.search), ("strategy", one.strategy)):
            if found.made:
                table.add_row(_safe(one.name), phase, *_counts(found, shown))
    if table.row_count:
        yield Text("search and strategies: led to where breaches are, in no rate", style="dim")
        yield table


def _mutators(summary: Summary) -> Iterator[RenderableType]:
    rates = [rate for one in summary.objectives for rate in one.mutators if rate.outcomes.breach]
    shown = kinds(OUTCOMES, [rate.outcomes for rate in rates])
    table = _table("OBJECTIVE", "MUTATOR", "RATE, 95%", *_names(OUTCOMES, shown))
    for one in summary.objectives:
        broken = [rate for rate in one.mutators if rate.outcomes.breach]
        for rate in broken[:_MOST_MUTATORS]:
            row = (_safe(one.name), _safe(bare(rate.mutator)), measured(rate.rate))
            table.add_row(*row, *_counts(rate.outcomes, shown))
        if len(broken) > _MOST_MUTATORS:
            table.add_row(_safe(one.name), f"… and {len(broken) - _MOST_MUTATORS} more with breaches")
    if table.row_count:
        yield Text("the sweep by mutator, where there are breaches", style="dim")
        yield table


def _fields(summary: Summary) -> Iterator[RenderableType]:
    rates = [rate for one in summary.objectives for rate in one.fields]
    shown = kinds(OUTCOMES, [rate.outcomes for rate in rates])
    table = _table("OBJECTIVE", "FIELD", "RATE, 95%", *_names(OUTCOMES, shown))
    for one in summary.objectives:
        for rate in one.fields:
            row = (_safe(one.name), _safe(in_field(rate.field)), measured(rate.rate))
            table.add_row(*row, *_counts(rate.outcomes, shown))
    if table.row_count:
        yield Text("the sweep by the field that attacks were written into", style="dim")
        yield table


def _steps(summary: Summary) -> Iterator[RenderableType]:
    table = _table("OBJECTIVE", "STEP", "LET THROUGH, 95%", "BREACHES")
    for one in summary.objectives:
        for rate in one.steps:
            table.add_row(_safe(one.name), _safe(where_of(rate.step)), measured(rate.rate), f"{rate.breaches:,}")
    if table.row_count:
        yield Text("breaches of the sweep by the step with whose output the run became one", style="dim")
        yield table


def _curves(summary: Summary) -> Iterator[RenderableType]:
    table = _table("OBJECTIVE", "TRIES AT A SEED", "AT LEAST ONE BREACH, 95%")
    for one in summary.objectives:
        if one.sweep.breach:
            for point in one.at_least_once:
                table.add_row(_safe(one.name), f"{point.k:,}", measured(point.success))
    if table.row_count:
        yield Text("how likely so many tries at one seed get there at least once", style="dim")
        yield table


def _relations(summary: Summary) -> Iterator[RenderableType]:
    found = summary.robustness
    if found is None:
        return
    told = f"robustness: {counted(found.cases, 'case')}, changed in ways that keep their meaning; clustered by case"
    if found.unanswered:
        told += f"; {found.unanswered:,} without an answer to compare with"
    yield Text(told, style="dim")
    rates = (found.baseline, *found.relations)
    shown = kinds(CHANGES, [one.outcomes for one in rates])
    allowed = any(one.at_most is not None for one in found.relations)
    names = ("CHANGE", "ANSWERS CHANGED, 95%", "MORE THAN BY THEMSELVES, 95%", *(("ALLOWED",) if allowed else ()))
    table = _table(*names, "CASES", *_names(CHANGES, shown))
    for one in rates:
        row = [_safe(one.relation), measured(one.rate), measured(one.excess, signed=True)]
        if allowed:
            row.append(NONE if one.at_most is None else number(one.at_most, "share", signed=True))
        table.add_row(*row, f"{one.rate.clusters or 0:,}", *_counts(one.outcomes, shown))
    yield table


def _prompts(summary: Summary) -> Iterator[RenderableType]:
    if summary.robustness is None or not summary.robustness.prompts:
        return
    table = _table("PROMPT", "STEP", "FIRST TO CHANGE, 95%", "WITHOUT A CHANGE, 95%")
    for one in summary.robustness.prompts:
        table.add_row(_safe(one.prompt), _safe(one.step), measured(one.rate), measured(one.without))
    yield table


def _answers(summary: Summary) -> Iterator[RenderableType]:
    if summary.robustness is None or not summary.robustness.examples:
        return
    table = _table("CHANGE", "CASE", "ANSWER", "BECAME", "FIRST STEP", "SEE")
    for one in summary.robustness.examples:
        said = [attack_text(text, _LONGEST_ANSWER) for text in (one.answer, one.became)]
        see = f"genops trace diff {one.before[:12]} {one.after[:12]}" if one.before else trace_command(one.after)
        table.add_row(_safe(one.relation), _safe(one.case), *map(Text, said), _safe(one.step), see)
    yield table


def _differences(kind: str, found: Sequence[RateDifference]) -> RenderableType:
    names = ("DIFFERENCE, 95%", "P", "CORRECTED", "ONLY BEFORE/BOTH/ONLY AFTER", "MCNEMAR P", "PAIRS", "UNPAIRED", "")
    table = _table(kind, *names)
    for one in found:
        both = one.mcnemar
        table.add_row(
            _safe(one.name),
            measured(one.difference, signed=True),
            probability(one.p),
            probability(one.adjusted),
            f"{both.only_first:,}/{both.both:,}/{both.only_second:,}",
            probability(both.p),
            f"{both.n:,}",
            f"{one.unpaired:,}",
            Text(one.direction, style=_DIRECTIONS.get(one.direction, "")),
        )
    return table


def _names(words: Mapping[str, str], shown: Sequence[str]) -> list[str]:
    return [words[kind].upper() for kind in shown]


def _counts(found: Outcomes | ChangeOutcomes, shown: Sequence[str]) -> list[str]:
    return [f"{getattr(found, kind):,}" for kind in shown]


def _bounds(one: ObjectiveSummary) -> str:
    if one.bounds is None or one.sweep.scored == one.sweep.made:
        return ""
    return ", ".join(number(end, "share") for end in one.bounds)


def _table(*names: str) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for place, name in enumerate(names):
        # What a row is about, and the words of a heading, are the last to be broken on a narrow terminal.
        table.add_column(name, overflow="fold", no_wrap=place == 0, min_width=max(map(len, name.split()), default=0))
    return table


def _safe(text: str) -> str:
    """Data cannot steer the terminal."""
    return attack_text(text, len(text))
