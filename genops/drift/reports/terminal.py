"""The report for a terminal: the verdict and what changed first, then every number."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TextIO

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from genops.drift.reports.wording import (
    SEPARATION,
    change_words,
    headline,
    leading_name,
    leading_words,
    look_name,
    rates,
    settings_words,
    shown_looks,
    since_words,
    untested,
    window_words,
)
from genops.drift.summary import Example, StateSummary, Summary
from genops.evals.reports.terminal import print_on
from genops.evals.reports.wording import measured, probability
from genops.tracing.moments import shown_moment
from genops.tracing.readable import cut, visible

_STYLES = {"drift": "bold red", "undecided": "bold yellow", "quiet": "bold green"}
_WORDS = 12
_EXAMPLES = 3
_LONGEST = 100


def write(summary: Summary, out: TextIO) -> None:
    """Writes the report of a check."""
    print_on(out, terminal_report(summary))


def terminal_report(summary: Summary) -> RenderableType:
    """The report as rich prints it."""
    name = summary.check or "drift check"
    parts: list[RenderableType] = [
        Text(_safe(name), style="bold").append(
            f"  {summary.id[:12]}  {shown_moment(summary.started)}", style="not bold"
        ),
        Text(f"{headline(summary)} (exit code {int(summary.exit_code)})", style=_STYLES[summary.verdict]),
    ]
    for state in summary.states:
        parts += [Text(), *_state(state)]
    parts += [Text(), Text(settings_words(summary), style="dim"), Text(SEPARATION, style="dim")]
    return Group(*parts)


def _state(state: StateSummary) -> Iterator[RenderableType]:
    yield Text(_safe(state.name), style="bold").append(f": {_safe(state.reason)}", style=_STYLES[state.verdict])
    yield Text(f"  {_safe(window_words('reference', state.reference))}", style="dim")
    yield Text(f"  {_safe(window_words('current  ', state.current))}", style="dim")
    for line in (leading_words(state), since_words(state.since) if state.since is not None else "", state.cause):
        if line:
            yield Text(f"  {_safe(line)}")
    for block in (_looks, _words, _topics, _concepts, _examples, _segments, _components):
        yield from block(state)


def _looks(state: StateSummary) -> Iterator[RenderableType]:
    table = _table("", "ASKED", "P", "CORRECTED", "SEPARATION, 95%", "CHANGE, 95%")
    for look in shown_looks(state):
        if look.missing:
            continue
        sign = Text("drift", style="bold red") if look.alarm else Text("")
        asked = look_name(look)
        row = (probability(look.p), probability(look.adjusted), measured(look.separation))
        table.add_row(sign, _safe(asked), *row, _safe(change_words(look.change)))
    if table.row_count:
        yield table
    for why, names in untested(state).items():
        yield Text(f"  not tested: {_safe(f'{names}: {why}')}", style="dim")


def _words(state: StateSummary) -> Iterator[RenderableType]:
    if state.verdict != "drift" or not state.words:
        return
    table = _table("WORDS THAT CHANGED MOST", "PER 1,000 WORDS", "TIMES", "P", "FOR EXAMPLE")
    for word in state.words[:_WORDS]:
        name = f"{word.term} (new)" if word.new else word.term
        times = f"{word.counts[0]:,} → {word.counts[1]:,}"
        table.add_row(_safe(name), rates(word), times, probability(word.p), _first(word.examples))
    yield table


def _topics(state: StateSummary) -> Iterator[RenderableType]:
    if not any(look.alarm for look in state.looks if look.family == "topics"):
        return
    table = _table("TOPIC", "SHARE BEFORE", "NOW", "DIFFERENCE, 95%", "FOR EXAMPLE")
    for topic in state.topics:
        shares = (measured(topic.before), measured(topic.after), measured(topic.difference, signed=True))
        table.add_row(_safe(topic.name), *shares, _first(topic.examples))
    yield table


def _concepts(state: StateSummary) -> Iterator[RenderableType]:
    if not state.concepts:
        return
    table = _table("NEW CONCEPT", "ROWS", "SHARE OF NOW, 95%", "FOR EXAMPLE")
    for concept in state.concepts:
        table.add_row(_safe(concept.name), f"{concept.rows:,}", measured(concept.after), _first(concept.examples))
    yield table


def _examples(state: StateSummary) -> Iterator[RenderableType]:
    if state.verdict != "drift" or state.kind == "vector":
        return
    by = _safe(leading_name(state))
    for title, examples in (("most like now", state.examples), ("most like before", state.gone)):
        for example in examples[:_EXAMPLES]:
            told = f" ({_safe(example.told)})" if example.told else ""
            yield Text(f"  {title} by {by}{told}: ", style="dim").append(_shown(example), style="not dim")


def _segments(state: StateSummary) -> Iterator[RenderableType]:
    if not state.segments:
        return
    table = _table(
        "IN THE PART", "ROWS BEFORE", "NOW", "SEPARATION, 95%", "OF THE WHOLE INSIDE, 95%", "BY THE MIX, 95%"
    )
    for one in state.segments:
        rows = (f"{one.rows[0]:,}", f"{one.rows[1]:,}", *map(measured, (one.separation, one.inside, one.mix)))
        table.add_row(_safe(f"{one.by} {one.label}"), *rows)
    yield table


def _components(state: StateSummary) -> Iterator[RenderableType]:
    for one in state.components:
        before, after = (", ".join(digest[:12] for digest in digests) or "none" for digests in (one.before, one.after))
        when = f", first seen {shown_moment(one.at)}" if one.at is not None else ""
        yield Text(f"  {_safe(f'{one.kind} {one.name}')}: {before} → {after}{when}")


def _first(examples: tuple[Example, ...]) -> str:
    return _shown(examples[0]) if examples else ""


def _shown(example: Example) -> str:
    text = _safe(cut(" ".join(example.text.split()), _LONGEST))
    return f"{text}  ({_safe(example.run[:12] or example.id)})"


def _table(*names: str) -> Table:
    table = Table(box=None, pad_edge=False, header_style="dim")
    for name in names:
        table.add_column(name, no_wrap=name not in ("CHANGE, 95%", "FOR EXAMPLE"))
    return table


def _safe(text: str) -> str:
    return visible(text)
