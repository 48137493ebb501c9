"""``genops monitor``: scores production as it goes, watches its figures, and tells people."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Annotated

import typer

from genops.cli import monitor_deliveries, monitor_status
from genops.cli.monitor_wording import rule_row
from genops.cli.output import note, say
from genops.cli.project import opened, opened_store
from genops.errors import ExitCode, ReferenceNotFound, UsageError, nearest
from genops.tracing.moments import shown_moment
from genops.tracing.quantities import counted

if TYPE_CHECKING:
    from genops.errors import GenopsError
    from genops.monitoring.monitor import Look
    from genops.monitoring.service import Round
    from genops.store.records.alerts import AlertRecord

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None)
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
    import asyncio

    from genops.monitoring.doubts import doubt_of_chain, doubts_of_release, unreachable
    from genops.monitoring.monitor import Monitor
    from genops.monitoring.service import once as looked
    from genops.monitoring.service import serve

    if once and listen is not None:
        raise UsageError("--listen is for looks without end", hint="leave out --once, or use `genops monitor metrics`")
    with opened() as project:
        monitor = Monitor.load(name, project)
        gone = unreachable(project.settings, project.store.count_waiting(), monitor.spec)
        for doubt in filter(None, [*doubts_of_release(monitor), doubt_of_chain(monitor), *gone.values()]):
            note(doubt)
        if once:
            found = asyncio.run(looked(monitor))
            _Told()(found)
            states = {alert.state for alert in found.alerts}
            code = ExitCode.BAD_VERDICT if "alert" in states else ExitCode.UNDECIDED if "no data" in states else 0
            raise typer.Exit(int(code))
        note(f"{monitor.spec.name}: {monitor.spec.chain}, a look every {monitor.spec.every:g} s; Ctrl-C stops it")
        asyncio.run(serve(monitor, _Told(), listen))


monitor_status.register(app)


@app.command("metrics")
def metrics(name: Name) -> None:
    """Print every figure as Prometheus text."""
    from genops.monitoring.monitor import Monitor
    from genops.monitoring.service import scrape

    with opened() as project:
        monitor = Monitor.load(name, project)
        reading = monitor.reading()
        say(scrape(monitor, reading).text(), end="")
    for watch, why in reading.broken.items():
        note(f"drift.{watch} is not known: {why}")


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


monitor_deliveries.register(app)


@app.command("test")
def test_channel(
    name: Name,
    channel: Annotated[str, typer.Argument(metavar="CHANNEL", help="Name of one of its channels.")],
) -> None:
    """Send a message that says nothing but that a channel works; it is not tried again."""
    import asyncio

    from genops.monitoring.alerts import Message
    from genops.monitoring.spec import MonitorSpec
    from genops.tracing.recorder import new_id

    with opened() as project:
        spec = MonitorSpec.load(name, project.settings)
        if channel not in spec.channels:
            near = nearest(channel, spec.channels) if spec.channels else "it has none"
            raise ReferenceNotFound(f"{spec.name} has no channel {channel!r}", hint=near)
        message = Message.sample(spec.name, spec.chain, new_id(128), time.time_ns())
        asyncio.run(spec.channels[channel].send(message))
    note(f"{channel} accepted it")


class _Told:
    """Tells of looks: of what arrived, of the first without it, and of rules whose state is another than it told last.

    That another process is at it is told once, since two that look every few seconds often meet.
    """

    def __init__(self) -> None:
        self._states: dict[str, str] = {}
        self._told_of: set[bool] = set()
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
        parts = [_arrived(look)] if look.runs or look.again or look.is_busy not in self._told_of else []
        self._told_of.add(look.is_busy)
        parts += [f"the watch {name} began anew, as {why}" for name, why in look.anew.items()]
        parts += [f"drift in {one.state} (trace {one.run[:12]})" for one in look.raised]
        if delivered.accepted or delivered.failed:
            waits = f", {delivered.failed:,} not: see `genops monitor deliveries`" if delivered.failed else ""
            parts.append(f"{counted(delivered.accepted, 'message')} accepted{waits}")
        for text in [*(["; ".join(parts)] if parts else []), *map(_ruled, changed)]:
            say(f"{moment}  {text}")
        self._states = {alert.rule: alert.state for alert in found.alerts}


def _arrived(look: Look) -> str:
    """How much a look found, in a few words."""
    if look.is_busy:
        return "another process scores for now"
    again = f", {look.again:,} earlier ones" if look.again else ""
    unscored = f", {counted(look.unscored, 'score')} missing" if look.unscored else ""
    return f"{counted(look.runs, 'trace')}, {look.drawn:,} drawn{again}{unscored}"


def _ruled(alert: AlertRecord) -> str:
    """Where a rule stands, in a line."""
    row = rule_row(alert)
    known = [] if row["value"] == "-" else [row["value"], f"n {row['n']:,}"]
    return f"{alert.rule}: {row['state']} ({', '.join(filter(None, [*known, row['']]))})"
