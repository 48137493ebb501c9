"""``genops trace replay``: a recorded run again, as it was or with components swapped."""

from __future__ import annotations

import sys
from contextlib import redirect_stdout
from typing import TYPE_CHECKING, Annotated

import typer

from genops.cli.options import AsJson, RunId
from genops.cli.output import going_on, printable, say, say_json, verdict
from genops.cli.project import opened
from genops.cli.trace_filters import find_run

if TYPE_CHECKING:
    from genops.executor import Replay
    from genops.tracing.trace import Trace


def register(app: typer.Typer) -> None:
    """Adds the command."""
    app.command("replay")(replay)


def replay(
    trace: RunId,
    swap: Annotated[
        list[str] | None,
        typer.Option(
            metavar="KIND:REFERENCE",
            help="Put one component in the place of the recorded one: prompt:answer@2, model:fast=big, index:docs, "
            "chain:…, tool:…; may be given again.",
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Run a recorded run again from its record.

    Without --swap no effect is performed: every model call, tool, search and request is injected from the record. With
    it an effect goes live exactly where its request is not the recorded one. The exit code is 1 when anything differs.
    """
    from dataclasses import asdict

    from genops.executor import replay as replayed
    from genops.executor import run_sync
    from genops.tracing.trace import Trace

    with opened() as project:
        recorded = Trace.load(project.store, find_run(project.store, trace).id)
        with redirect_stdout(sys.stderr):  # what a tool prints
            found = run_sync(replayed(project, recorded, tuple(swap or ())))
        with going_on():
            if as_json:
                say_json({**asdict(found), "identical": found.identical})
            else:
                _show(found, recorded, Trace.load(project.store, found.run))
    raise typer.Exit(verdict(found.identical))


def _show(found: Replay, recorded: Trace, again: Trace) -> None:
    from genops.tracing.quantities import counted

    what = "identical" if found.identical else "differs"
    say(f"{what}: {counted(found.injected, 'effect')} injected, {len(found.performed):,} live")
    for change in found.lock_changes:
        say(f"  changed  {printable(change)}")
    for difference in found.differences:
        say(f"  {difference.what:8} {printable(difference.path) or '(the run)'}")
    for path in found.performed:
        say(f"  live     {printable(path)}")
    if found.error:
        say(f"  {'it failed as recorded' if found.identical else 'the replay failed'}: {printable(found.error)}")
    say(f"trace {found.origin[:12]} replayed as {found.run[:12]}")
