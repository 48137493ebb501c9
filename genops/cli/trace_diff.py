"""``genops trace diff``: where two runs part, and why."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from genops.cli.options import AsJson, RunId
from genops.cli.output import printable, say, say_json
from genops.cli.project import opened_store
from genops.cli.trace_filters import find_run

if TYPE_CHECKING:
    from genops.tracing.diff import Difference, TraceDiff


def register(app: typer.Typer) -> None:
    """Adds the command."""
    app.command("diff")(diff)


def diff(
    a: RunId,
    b: RunId,
    everything: Annotated[bool, typer.Option("--all", help="Show every position that differs.")] = False,
    as_json: AsJson = False,
) -> None:
    """Show the first step in which two runs differ, how and why."""
    from genops.tracing.diff import diff_traces
    from genops.tracing.trace import Trace

    with opened_store() as store:
        one, other = (Trace.load(store, find_run(store, name).id) for name in (a, b))
        found = diff_traces(one, other)
        if as_json:
            say_json(_described(found))
        else:
            _show(found, everything)


def _described(found: TraceDiff) -> dict[str, Any]:
    from dataclasses import asdict

    differences = [
        {
            "path": difference.path,
            "label": difference.label,
            "what": list(difference.what),
            "cause": difference.cause,
            "explanation": difference.explanation,
            "components": [str(change) for change in difference.components],
        }
        for difference in found.differences
    ]
    return {
        "identical": found.identical,
        "first": found.first.path if found.first else None,
        "differences": differences,
        "lock": [str(change) for change in found.lock],
        "deltas": asdict(found.deltas),
    }


def _show(found: TraceDiff, everything: bool) -> None:
    from genops.tracing.quantities import counted

    if found.first is None:
        say("identical: every step has the same input, status and output")
    for change in found.lock:
        say(printable(f"component {change}"))
    shown = found.differences if everything else [found.first] if found.first else []
    for difference in shown:
        _show_one(found, difference)
    more = len(found.differences) - len(shown)
    if more:
        say(f"{counted(more, 'more position')} {'differs' if more == 1 else 'differ'}; --all shows them")


def _show_one(found: TraceDiff, difference: Difference) -> None:
    path = f" at {difference.path}" if difference.path else ""
    say(printable(f"{difference.label}{path}: {', '.join(difference.what)}"))
    say(printable(f"  {difference.explanation}"))
    for text in (found.input_diff(difference), found.output_diff(difference)):
        for line in text.splitlines():
            say(printable(f"    {line}"))
