"""The report as Markdown, for a pull request or a ticket: short, with the details folded."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TextIO

from genops.drift.reports.wording import (
    SEPARATION,
    change_words,
    headline,
    leading_words,
    look_name,
    rates,
    settings_words,
    shown_looks,
    since_words,
    untested,
    window_words,
)
from genops.drift.summary import Example, Look, StateSummary, Summary, TermFact
from genops.evals.reports.markdown import cell, code, table
from genops.evals.reports.wording import measured, probability
from genops.tracing.readable import cut

_SIGNS = {"drift": "❌", "undecided": "❔", "quiet": "✅"}
_WORDS = 10
_LONGEST = 160


def write(summary: Summary, out: TextIO) -> None:
    """Writes the report of a check."""
    out.write("\n".join(_lines(summary)) + "\n")


def _lines(summary: Summary) -> Iterator[str]:
    yield f"### Drift check{f' `{code(summary.check)}`' if summary.check else ''}"
    yield ""
    yield f"{_SIGNS[summary.verdict]} **{cell(headline(summary))}**"
    yield ""
    for state in summary.states:
        yield from _state(state)
    yield f"<sub>{cell(settings_words(summary))}. {cell(SEPARATION)}.</sub>"


def _state(state: StateSummary) -> Iterator[str]:
    yield f"#### `{code(state.name)}`"
    yield ""
    yield f"{_SIGNS[state.verdict]} {cell(state.reason)}"
    yield ""
    for line in (
        window_words("reference", state.reference),
        window_words("current", state.current),
        leading_words(state),
        since_words(state.since) if state.since is not None else "",
        state.cause,
    ):
        if line:
            yield f"- {cell(line)}"
    yield ""
    rows = [_row(look) for look in shown_looks(state) if not look.missing]
    if rows:
        head = ("", "asked", "p", "corrected", "separation, 95%", "change, 95%")
        yield from table(head, rows)
    for why, names in untested(state).items():
        yield f"- {cell(f'not tested: {names}: {why}')}"
        yield ""
    if state.words:
        yield "<details><summary>Words that changed most</summary>"
        yield ""
        words = ("word", "per 1,000 words", "p", "for example")
        yield from table(words, [_word(word) for word in state.words[:_WORDS]])
        yield "</details>"
        yield ""
    if state.concepts:
        rows = [
            (cell(one.name), f"{one.rows:,}", cell(measured(one.after)), _shown(one.examples)) for one in state.concepts
        ]
        yield from table(("new concept", "rows", "share of now, 95%", "for example"), rows)


def _row(look: Look) -> tuple[str, ...]:
    sign = "❌" if look.alarm else ""
    numbers = (probability(look.p), probability(look.adjusted), measured(look.separation))
    return (sign, cell(look_name(look)), *map(cell, numbers), cell(change_words(look.change)))


def _word(word: TermFact) -> tuple[str, ...]:
    name = f"{word.term} (new)" if word.new else word.term
    return (cell(name), rates(word), probability(word.p), _shown(word.examples))


def _shown(examples: tuple[Example, ...]) -> str:
    return cell(cut(" ".join(examples[0].text.split()), _LONGEST)) if examples else ""
