"""``genops monitor``: scores production as it goes, watches its figures, and tells people."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Annotated, Any

import typer

from genops.cli.options import AsJson
from genops.cli.output import listing, note, say, say_json
from genops.cli.project import opened, opened_store
from genops.errors import ExitCode, ReferenceNotFound, UsageError, nearest
from genops.tracing.moments import shown_moment

if TYPE_CHECKING:
    from genops.errors import GenopsError
    from genops.evals.summary import Measure
    from genops.executor import Project
    from genops.monitoring.monitor import Monitor
    from genops.monitoring.service import Round
    from genops.store.records import AlertRecord, DeliveryRecord

app = typer.Typer(help="Score production as it goes, watch its figures, and tell people.", no_args_is_help=True)
Name = Annotated[str, typer.Argument(metavar="MONITOR", help="Name in evals/, or a file.")]


@app.command("run")
def run(
    name: Name,
    once: Annotated[bool, typer.Option("--once", help="Look once, and send what is due.")] = False,
    listen: Annotated[
        str | None, typer.Option("--listen", metavar="HOST:PORT", help="Serve /metrics to Prometheus.")
    ] = None,
) -> None:
    """Look at what arrives, score what is drawn, apply the rules, and tell people.

    Where it stands is kept: stopped and started again, it goes on. With --once the exit code is 1 where a rule is in
    alert, 3 where none is and one has no data, else 0.
    """
    from genops.monitoring.service import once as looked
    from genops.monitoring.service import serve

    with opened() as project:
        monitor = _monitor(name, project)
        if once:
            found = asyncio.run(looked(monitor))
            _tell(found)
            states = {alert.state for alert in found.alerts}
            code = ExitCode.BAD_VERDICT if "alert" in states else ExitCode.UNDECIDED if "no data" in states else 0
            raise typer.Exit(int(code))
        note(f"{monitor.spec.name}: {monitor.spec.chain}, a look every {monitor.spec.every:g} s; Ctrl-C stops it")
        asyncio.run(serve(monitor, _tell, listen))


@app.command("status")
def status(name: Name, as_json: AsJson = False) -> None:
    """Show every figure with its interval, the rules, and the scores beside those at release."""
    from dataclasses import asdict

    from genops.evals.reports.wording import measured
    from genops.monitoring.release import since_release

    with opened() as project:
        monitor = _monitor(name, project)
        spec, store = monitor.spec, project.store
        figures = monitor.figures(spec.over)
        alerts = store.alerts(spec.name)
        lower = {use.name: use.scorer.range.lower_is_better for use in spec.scorers}
        compared = since_release(store, project.settings, spec.release, figures, lower) if spec.release else ()
    if as_json:
        say_json(
            {
                "monitor": spec.name,
                "seen": monitor.seen,
                "over_seconds": spec.over,
                "figures": {each: asdict(measure) for each, measure in figures.items()},
                "rules": [asdict(alert) for alert in alerts],
                "since_release": [asdict(one) for one in compared],
            }
        )
        return
    say(f"{spec.name}: {monitor.seen:,} traces looked at; figures of the last {spec.over / 3600:g} h")
    listing(("figure", "value", "n"), [_figure(each, measure) for each, measure in figures.items()], as_json=False)
    if alerts:
        say("")
        listing(("rule", "state", "since", "figure"), [_alert(alert) for alert in alerts], as_json=False)
    if compared:
        say("")
        rows = [
            {
                "score": one.name,
                "release": measured(one.release),
                "now": measured(one.now),
                "difference": measured(one.difference, signed=True),
                "": one.direction,
            }
            for one in compared
        ]
        listing(("score", "release", "now", "difference", ""), rows, as_json=False)


@app.command("metrics")
def metrics(name: Name) -> None:
    """Print every figure as Prometheus text."""
    from genops.monitoring.service import scrape

    with opened() as project:
        say(scrape(_monitor(name, project)), end="")


@app.command("silence")
def silence(
    rule: Annotated[str, typer.Argument(metavar="RULE", help="As it was written, or the beginning of it.")],
    duration: Annotated[str | None, typer.Option("--for", metavar="DURATION", help="30m, 2h, 7d.")] = None,
    end: Annotated[bool, typer.Option("--end", help="End the silence.")] = False,
    monitor: Annotated[str | None, typer.Option("--monitor", metavar="NAME", help="Of this monitor.")] = None,
) -> None:
    """Keep a rule from telling anybody for a while; what it then has to say is said when that is over."""
    from genops.monitoring.durations import seconds_of
    from genops.monitoring.ruling import silence_rule

    if (duration is None) == (not end):
        raise UsageError("give --for DURATION, or --end")
    try:
        until = None if duration is None else time.time_ns() + int(seconds_of(duration) * 1e9)
    except ValueError as error:
        raise UsageError(f"--for: {error}") from None
    with opened_store() as store:
        changed = silence_rule(store, rule, until, monitor)
    what = f"is silent until {shown_moment(until)}" if until is not None else "is no longer silent"
    note(f"{changed.monitor}: {changed.rule} {what}")


@app.command("deliveries")
def deliveries(
    every: Annotated[bool, typer.Option("--all", help="Accepted ones too.")] = False,
    limit: Annotated[int, typer.Option(min=1, help="How many, at most.")] = 50,
    as_json: AsJson = False,
) -> None:
    """List messages that wait to be accepted, oldest first."""
    with opened_store() as store:
        rows = [_delivery(one) for one in store.deliveries(accepted=None if every else False, limit=limit)]
    columns = ("id", "monitor", "channel", "rule", "written", "attempts", "next", "error")
    listing(columns, rows, as_json=as_json, right=("attempts",), empty="no message waits")


@app.command("test")
def test_channel(
    name: Name,
    channel: Annotated[str, typer.Argument(metavar="CHANNEL", help="Name of one of its channels.")],
) -> None:
    """Send a message that says nothing but that a channel works; it is not tried again."""
    from genops.monitoring.alerts import Message
    from genops.tracing.recorder import new_id

    with opened() as project:
        spec = _monitor(name, project).spec
        if channel not in spec.channels:
            near = nearest(channel, spec.channels) if spec.channels else "it has none"
            raise ReferenceNotFound(f"{spec.name} has no channel {channel!r}", hint=near)
        message = Message.sample(spec.name, spec.chain, new_id(128), time.time_ns())
        asyncio.run(spec.channels[channel].send(message))
    note(f"{channel} accepted it")


def _monitor(name: str, project: Project) -> Monitor:
    from genops.monitoring.monitor import Monitor
    from genops.monitoring.spec import MonitorSpec

    return Monitor(MonitorSpec.load(name, project.settings), project)


def _tell(found: Round | GenopsError) -> None:
    from genops.monitoring.service import Round

    moment = shown_moment(time.time_ns())
    if not isinstance(found, Round):
        note(f"{moment}  {found}")
        return
    look, delivered = found.look, found.delivered
    states = ", ".join(f"{alert.rule}: {alert.state}" for alert in found.alerts if alert.state != "ok")
    parts = [f"{look.runs:,} traces, {look.scored:,} scored", states or ("rules ok" if found.alerts else "")]
    parts += [f"drift in {one.state} (trace {one.run[:12]})" for one in look.raised]
    if delivered.accepted or delivered.failed:
        parts.append(f"{delivered.accepted:,} messages accepted, {delivered.failed:,} to be tried again")
    if look.runs or states or look.raised or delivered.failed:
        say(f"{moment}  {'; '.join(filter(None, parts))}")


def _figure(name: str, measure: Measure) -> dict[str, Any]:
    from genops.evals.reports.wording import measured

    if name == "traces" or measure.value is None:
        value = f"{measure.value:,.0f}" if measure.value is not None else measure.missing
    else:
        value = measured(measure) if measure.low is not None else measured(measure).removesuffix(" [no interval]")
    return {"figure": name, "value": value, "n": measure.n}


def _alert(alert: AlertRecord) -> dict[str, Any]:
    from genops.evals.reports.wording import measured
    from genops.evals.summary import Measure

    figure = measured(Measure(**alert.measure)) if alert.measure else "-"
    silent = (
        f", silent until {shown_moment(alert.silenced)}" if alert.silenced and alert.silenced > time.time_ns() else ""
    )
    return {"rule": alert.rule, "state": alert.state + silent, "since": shown_moment(alert.since), "figure": figure}


def _delivery(one: DeliveryRecord) -> dict[str, Any]:
    return {
        "id": one.id[:12],
        "monitor": one.monitor,
        "channel": one.channel,
        "rule": one.rule,
        "written": shown_moment(one.created),
        "attempts": one.attempts,
        "next": "accepted" if one.accepted else shown_moment(one.due),
        "error": one.error,
    }
