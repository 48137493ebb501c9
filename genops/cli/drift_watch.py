"""``genops drift watch``: looks at every trace as it arrives."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated, Any

import typer

from genops.cli.options import AsJson
from genops.cli.output import listing, note, say
from genops.cli.project import opened, opened_store
from genops.errors import ExitCode, UsageError
from genops.tracing.moments import shown_moment

if TYPE_CHECKING:
    from genops.drift.watch import Look, Raised, Watch
    from genops.store.records.drift import WatchRecord


def register(app: typer.Typer) -> None:
    """Adds the commands."""
    app.command("watch")(watch)
    app.command("watches")(list_watches)
    app.command("forget")(forget)


def watch(
    name: Annotated[str, typer.Argument(metavar="CHECK", help="Name in evals/, or a file.")],
    once: Annotated[bool, typer.Option("--once", help="Look once, at what arrived since the last look.")] = False,
    fresh: Annotated[bool, typer.Option("--fresh", help="Begin anew: fit the reference as it is now.")] = False,
    as_json: AsJson = False,
) -> None:
    """Look at every trace as it arrives, and say when inputs, outputs or states have changed.

    Where it stands is kept after every look: stopped and started again, it goes on. With --once the exit code is 1
    where an alarm was raised, else 0.
    """
    from genops.drift.spec import DriftSpec
    from genops.drift.watch import Watch

    with opened() as project:
        watching = Watch(DriftSpec.load(name, project.settings), project, fresh=fresh)
        note(_about(watching))
        if once:
            found = watching.look()
            _tell(found, as_json)
            note(_stands(found, watching.unit))
            raise typer.Exit(int(ExitCode.BAD_VERDICT if found.raised else ExitCode.OK))
        watching.follow(lambda look: _tell(look, as_json))


def list_watches(as_json: AsJson = False) -> None:
    """List watches, and what they raised."""
    with opened_store() as store:
        rows = [_row(record) for record in store.drift_watches()]
    columns = ("watch", "traces", "alarms", "last_alarm", "looked")
    listing(columns, rows, as_json=as_json, right=("traces", "alarms"), empty="nothing is watched here")


def forget(name: Annotated[str, typer.Argument(metavar="WATCH", help="Name of a watch.")]) -> None:
    """Forget where a watch stands, and its alarms."""
    with opened_store() as store:
        if not store.delete_drift_watch(name):
            known = ", ".join(record.watch for record in store.drift_watches())
            raise UsageError(f"nothing is watched as {name!r}", hint=f"there are: {known}" if known else None)
    note(f"forgot {name}")


def _about(watching: Watch) -> str:
    spec = watching.spec
    least = ", ".join(f"{name} {share:.0%}" for name, share in watching.smallest_changes.items())
    begun = f"goes on after {watching.seen:,} traces" if watching.resumed else "begins"
    anew = f" anew, as {watching.anew}" if watching.anew else ""
    unit = watching.unit
    first = " (of a session the first counts)" if unit == "traces" else " (of each the first trace counts)"
    return (
        f"{spec.name}: {spec.current.name} against {spec.reference.name}, {begun}{anew}; {spec.watch.average_run:,}"
        f" {unit} or more between false alarms{first}; the least change that can ever alarm: {least} (its `smallest` is"
        f" {spec.smallest:.0%})"
    )


def _stands(look: Look, unit: str) -> str:
    evidence = ", ".join(f"{name} {share:.0%}" for name, share in look.evidence.items())
    counted = "" if unit == "traces" else f", of {max(look.items.values()):,} {unit}"
    return f"{look.runs:,} traces now, {look.seen:,} in all{counted}; evidence of a change: {evidence} of what alarms"


def _tell(look: Look, as_json: bool) -> None:
    for raised in look.raised:
        say(json.dumps(_plain(raised)) if as_json else _words(raised))
    for state, why in look.unread.items():
        note(f"warning: of some traces no {state} could be read: {why}")


def _words(raised: Raised) -> str:
    alarm = raised.alarm
    since = f" since {shown_moment(raised.since)}" if raised.since is not None else ""
    more = f"\n  genops drift show {raised.check[:12]}" if raised.check else ""
    return (
        f"{shown_moment(raised.at)}  {raised.state} changed{since}: about as though {alarm.change:.0%} of the"
        f" {raised.unit} were new ({alarm.witness}, {alarm.reading}); trace {raised.run[:12]}{more}"
    )


def _plain(raised: Raised) -> dict[str, Any]:
    from dataclasses import asdict

    return asdict(raised)


def _row(record: WatchRecord) -> dict[str, Any]:
    last = record.alarms[-1]["at"] if record.alarms else None
    return {
        "watch": record.watch,
        "traces": record.seen,
        "alarms": len(record.alarms),
        "last_alarm": shown_moment(last),
        "looked": shown_moment(record.updated),
    }
