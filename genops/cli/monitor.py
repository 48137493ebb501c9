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
from genops.tracing.quantities import counted

if TYPE_CHECKING:
    from genops.errors import GenopsError
    from genops.evals.summary import Measure
    from genops.executor import Project
    from genops.monitoring.monitor import Look, Monitor
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
    from genops.monitoring.doubts import check_release, doubt_of_chain
    from genops.monitoring.service import once as looked
    from genops.monitoring.service import serve

    if once and listen is not None:
        raise UsageError("--listen is for looks without end", hint="leave out --once, or use `genops monitor metrics`")
    with opened() as project:
        monitor = _monitor(name, project)
        check_release(monitor)
        if doubt := doubt_of_chain(monitor):
            note(doubt)
        if once:
            found = asyncio.run(looked(monitor))
            _Told()(found)
            states = {alert.state for alert in found.alerts}
            code = ExitCode.BAD_VERDICT if "alert" in states else ExitCode.UNDECIDED if "no data" in states else 0
            raise typer.Exit(int(code))
        note(f"{monitor.spec.name}: {monitor.spec.chain}, a look every {monitor.spec.every:g} s; Ctrl-C stops it")
        asyncio.run(serve(monitor, _Told(), listen))


@app.command("status")
def status(name: Name, as_json: AsJson = False) -> None:
    """Show every figure with its interval, the rules, and the scores beside those at release."""
    from dataclasses import asdict

    from genops.evals.reports.wording import measured
    from genops.monitoring.alerts.wording import duration
    from genops.monitoring.release import since_release

    with opened() as project:
        monitor = _monitor(name, project)
        spec, store = monitor.spec, project.store
        figures = monitor.reading().figures(spec.over)
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
    if not monitor.has_run:
        note(f"{spec.name} has not run yet: `genops monitor run {name}` begins with the runs that start from then on")
        return
    looked = f"{spec.name}: {counted(monitor.seen, 'trace')} looked at since {shown_moment(monitor.began)}"
    say(f"{looked}; figures of the last {duration(spec.over)}, [95% interval]")
    rows = [{"figure": each, **_measured(measure)} for each, measure in figures.items()]
    listing(("figure", "value", "n", ""), rows, as_json=False, right=("n",))
    if alerts:
        say("")
        rows = [_alert(alert) for alert in alerts]
        listing(("rule", "state", "since", "value", "n", ""), rows, as_json=False, right=("n",))
    if compared:
        say("")
        rows = [
            {
                "score": one.name,
                f"release ({spec.release})": f"{measured(one.release)}, n {one.release.n:,}",
                "now": f"{measured(one.now)}, n {one.now.n:,}",
                f"difference ({one.difference.level:.0%} interval)": measured(one.difference, signed=True),
                "": one.direction,
            }
            for one in compared
        ]
        listing(tuple(rows[0]), rows, as_json=False)


@app.command("metrics")
def metrics(name: Name) -> None:
    """Print every figure as Prometheus text."""
    from genops.monitoring.service import scrape

    with opened() as project:
        monitor = _monitor(name, project)
        say(scrape(monitor, monitor.reading()).text(), end="")


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
        seconds = None if duration is None else float(seconds_of(duration))
    except ValueError as error:
        raise UsageError(f"--for: {error}") from None
    if seconds == 0:
        raise UsageError("--for: a silence is longer than nothing", hint="--end ends one")
    until = None if seconds is None else time.time_ns() + int(seconds * 1e9)
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


class _Told:
    """Tells of looks: of what arrived, and of rules whose state is another than it told last."""

    def __init__(self) -> None:
        self._states: dict[str, str] = {}
        self._away = False

    def __call__(self, found: Round | GenopsError) -> None:
        """Tells of a look, in a line; of each rule that it changed, in another."""
        from genops.monitoring.service import Round

        moment = shown_moment(time.time_ns())
        if not isinstance(found, Round):
            if not self._away:
                note(f"{moment}  no look for now, it is tried again: {found}")
            self._away = True
            return
        if self._away:
            note(f"{moment}  looks go on")
            self._away = False
        look, delivered = found.look, found.delivered
        changed = [alert for alert in found.alerts if self._states.get(alert.rule) != alert.state]
        parts = [_arrived(look)] if look.runs or look.again or not self._states else []
        parts += [f"drift in {one.state} (trace {one.run[:12]})" for one in look.raised]
        if delivered.accepted or delivered.failed:
            waits = f", {delivered.failed:,} not: see `genops monitor deliveries`" if delivered.failed else ""
            parts.append(f"{counted(delivered.accepted, 'message')} accepted{waits}")
        for text in [*(["; ".join(parts)] if parts else []), *map(_ruled, changed)]:
            say(f"{moment}  {text}")
        self._states = {alert.rule: alert.state for alert in found.alerts} or {"": ""}


def _arrived(look: Look) -> str:
    """How much a look found, in a few words."""
    again = f", {look.again:,} earlier ones" if look.again else ""
    unscored = f", {counted(look.unscored, 'score')} missing" if look.unscored else ""
    return f"{counted(look.runs, 'trace')}, {look.drawn:,} drawn{again}{unscored}"


def _ruled(alert: AlertRecord) -> str:
    """Where a rule stands, in a line."""
    row = _alert(alert)
    known = [row["value"], f"n {row['n']:,}"] if row["n"] else []
    return f"{alert.rule}: {row['state']} ({', '.join(filter(None, [*known, row['']]))})"


def _measured(measure: Measure) -> dict[str, Any]:
    """A figure as a row shows it: value with interval, observations, and what is missing."""
    from genops.evals.reports.wording import measured, number

    if measure.value is None:
        value = "-"
    elif measure.low is not None and measure.high is not None:
        value = measured(measure)
    else:
        least = "" if measure.low is None else "at least "
        value = least + (f"{measure.value:,.0f}" if measure.unit == "traces" else number(measure.value, measure.unit))
    estimated = measure.value is not None and measure.low is None and measure.missing
    return {"value": value, "n": measure.n, "": f"no interval: {measure.missing}" if estimated else measure.missing}


def _alert(alert: AlertRecord) -> dict[str, Any]:
    from genops.evals.summary import Measure

    silent = (
        f", silent until {shown_moment(alert.silenced)}" if alert.silenced and alert.silenced > time.time_ns() else ""
    )
    return {
        "rule": alert.rule,
        "state": alert.state + silent,
        "since": shown_moment(alert.since),
        **_measured(Measure(**alert.measure)),
    }


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
