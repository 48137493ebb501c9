"""The report as Markdown for a pull request: short, with the details folded."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TextIO

from genops.evals.reports.markdown import cell, code, table
from genops.evals.reports.wording import NONE, measured, trace_command
from genops.fuzz.reports.report import Report
from genops.fuzz.reports.wording import (
    OUTCOMES,
    WHOLE,
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
from genops.fuzz.summary import FindingSummary, ObjectiveSummary, RobustnessSummary, Summary

_SIGNS = {"bad": "❌", "unfinished": "⚠️", "undecided": "❔", "good": "✅"}
_FINDINGS = 10
_MUTATORS = 5


def write(report: Report, out: TextIO) -> None:
    """Writes the summary."""
    out.write("\n".join(_lines(report.summary)) + "\n")


def _lines(summary: Summary) -> Iterator[str]:
    yield f"### Attacks on `{code(summary.target)}`: `{code(summary.campaign)}`"
    yield ""
    verdict = summary.verdict
    yield f"{_SIGNS[verdict.outcome]} **{cell(headline(summary))}**"
    yield ""
    yield from (f"- {cell(attack_text(reason, len(reason)))}" for reason in verdict.reasons)
    yield ""
    if words := attacker_words(summary):
        yield f"> {cell(words)}"
        yield ""
    yield from _objectives(summary)
    yield from _detectors(summary)
    yield from _findings(summary)
    if summary.robustness is not None:
        yield from _robustness(summary.robustness)
    yield from _details(summary)


def _objectives(summary: Summary) -> Iterator[str]:
    shown = kinds(OUTCOMES, [one.sweep for one in summary.objectives])
    head = ("", "objective", "severity", "rate of breaches, 95%", "seeds", *(OUTCOMES[kind] for kind in shown))
    yield from table(head, [_objective(one, shown) for one in summary.objectives])
    yield "<sub>Rates are of the sweep, drawn at random and clustered by seed; no other phase is in them.</sub>"
    yield ""
    for words in poison_words(summary):
        yield f"{cell(words)}."
        yield ""


def _objective(one: ObjectiveSummary, shown: list[str]) -> list[str]:
    counts = (f"{getattr(one.sweep, kind):,}" for kind in shown)
    about = (_SIGNS[one.standing.outcome], cell(one.name), one.severity)
    return [*about, measured(one.rate), f"{one.rate.clusters or 0:,}", *counts]


def _detectors(summary: Summary) -> Iterator[str]:
    rows = [
        (cell(one.name), corrected_rate(one.corrected), labelled(one.sensitivity), labelled(one.specificity))
        for one in summary.objectives
        if one.corrected is not None
    ]
    if rows:
        head = ("objective", "rate corrected for the detectors, 95%", "sensitivity, 95%", "specificity, 95%")
        yield from table(head, rows)
        yield "<sub>By labels of tries drawn at random from the sweep.</sub>"
        yield ""


def _findings(summary: Summary) -> Iterator[str]:
    if not summary.findings:
        return
    yield "**Findings**"
    yield ""
    head = ("severity", "objective", "step", "mutators", "shortest attack", "run again", "see")
    yield from table(head, [_finding(one) for one in summary.findings[:_FINDINGS]])
    left = len(summary.findings) - _FINDINGS
    if left > 0:
        yield f"… and {left:,} more: `genops fuzz show {summary.id[:12]}`"
        yield ""


def _finding(one: FindingSummary) -> tuple[str, ...]:
    step = f"`{code(attack_text(one.step))}`" if one.step else WHOLE
    see = f"`{trace_command(one.run)}`" if one.run else NONE
    attack = f"`{code(shortest(one.text))}`"
    return one.severity, cell(one.objective), step, cell(bare(one.mutators)), attack, f"`{repro_command(one.id)}`", see


def _robustness(found: RobustnessSummary) -> Iterator[str]:
    rows = [
        (_SIGNS[one.standing.outcome] if one.standing else "", cell(one.relation), measured(one.rate), more)
        for one in (found.baseline, *found.relations)
        for more in (measured(one.excess, signed=True),)
    ]
    yield from table(("", "relation", "answers that change, 95%", "more than by themselves, 95%"), rows)


def _details(summary: Summary) -> Iterator[str]:
    yield "<details><summary>Details</summary>"
    yield ""
    yield f"campaign `{summary.id[:12]}`, {summary.status}"
    yield ""
    mutators = [
        (cell(one.name), cell(bare(rate.mutator)), measured(rate.rate), f"{rate.rate.n:,}")
        for one in summary.objectives
        for rate in [rate for rate in one.mutators if rate.outcomes.breach][:_MUTATORS]
    ]
    if mutators:
        yield from table(("objective", "mutator", "rate of breaches, 95%", "n"), mutators)
    fields = [
        (cell(one.name), cell(in_field(rate.field)), measured(rate.rate), f"{rate.rate.n:,}")
        for one in summary.objectives
        for rate in one.fields
    ]
    if fields:
        yield from table(("objective", "field", "rate of breaches, 95%", "n"), fields)
    steps = [
        (cell(one.name), f"`{code(attack_text(rate.step))}`" if rate.step else where_of(rate.step), measured(rate.rate))
        for one in summary.objectives
        for rate in one.steps
    ]
    if steps:
        yield from table(("objective", "step", "let through, 95%"), steps)
    led = [
        (cell(one.name), phase, f"{found.breach:,}", f"{found.made:,}")
        for one in summary.objectives
        for phase, found in (("search", one.search), ("strategies", one.strategy))
        if found.made
    ]
    if led:
        yield from table(("objective", "phase, in no rate", "breaches", "tries"), led)
    yield "</details>"
