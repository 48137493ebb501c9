"""``genops monitor status`` and ``history``: what a monitor knows, now and over time."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from genops.cli.monitor_wording import figure_row, rule_row
from genops.cli.options import AsJson
from genops.cli.output import listing, note, say, say_json
from genops.cli.project import opened
from genops.errors import UsageError
from genops.tracing.moments import shown_moment
from genops.tracing.quantities import counted

if TYPE_CHECKING:
    from genops.monitoring.history import History
    from genops.monitoring.monitor import Monitor
    from genops.monitoring.reading import Reading
    from genops.monitoring.release import SinceRelease

Name = Annotated[str, typer.Argument(metavar="MONITOR", help="Name in evals/, or a file.")]
_SINCE = {"hour": "24h", "day": "7d", "week": "12w"}


def register(app: typer.Typer) -> None:
    """Adds the commands."""
    app.command("status")(status)
    app.command("history")(show_history)


def status(name: Name, as_json: AsJson = False) -> None:
    """Show every figure with its interval, the rules, and the scores beside those at release."""
    from dataclasses import asdict

    from genops.monitoring.alerts.wording import duration
    from genops.monitoring.doubts import unreachable
    from genops.monitoring.monitor import Monitor

    with opened() as project:
        monitor = Monitor.load(name, project)
        spec, store = monitor.spec, project.store
        if not monitor.has_run:
            _not_yet(monitor, name)
            if not as_json:
                return
        reading = monitor.reading()
        figures, compared = reading.figures(spec.over), reading.since_release(spec.over)
        alerts = store.alerts(spec.name)
        gone = {
            channel: why for (_, channel), why in unreachable(project.settings, store.count_waiting(), spec).items()
        }
        judged = _judged(reading, spec.over)
    if as_json:
        say_json(
            {
                "monitor": spec.name,
                "seen": monitor.seen,
                "over_seconds": spec.over,
                "figures": {each: asdict(measure) for each, measure in figures.items()},
                "judges": judged,
                "rules": [asdict(alert) for alert in alerts],
                "since_release": [asdict(one) for one in compared],
                "broken": dict(reading.broken),
                "unreachable": gone,
            }
        )
        return
    looked = f"{spec.name}: {counted(monitor.seen, 'trace')} looked at since {shown_moment(monitor.began)}"
    say(f"{looked}; figures of the last {duration(spec.over)}, [95% interval]")
    rows = [
        {"figure": each, **figure_row(measure)}
        for each, measure in figures.items()
        if not each.startswith("regression.")
    ]
    listing(("figure", "value", "n", ""), rows, as_json=False, right=("n",))
    if judged["calls"]:
        tokens = f"{judged['input_tokens'] + judged['output_tokens']:,} tokens"
        say(f"judges: {counted(judged['calls'], 'question')}, {tokens}, about {counted(judged['runs'], 'scored run')}")
    if alerts:
        say("")
        listing(("rule", "state", "since", "value", "n", ""), map(rule_row, alerts), as_json=False, right=("n",))
    if compared:
        say("")
        _list_compared(spec.release, compared)
    for why in gone.values():
        note(why)
    for watch, why in monitor.watches.begun_anew().items():
        note(f"the watch {watch} began anew, as {why}")


def show_history(
    name: Name,
    figure: Annotated[
        list[str] | None,
        typer.Option("--figure", metavar="FIGURE", help="Which; may be given again; default all scores."),
    ] = None,
    by: Annotated[Literal["hour", "day", "week"], typer.Option("--by", help="How long a row is.")] = "day",
    since: Annotated[
        str | None,
        typer.Option("--since", metavar="WHEN", help="30m, 12h, 7d or 2w ago, or an ISO time; default 24h, 7d or 12w."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Show figures over time: a row for each hour, day or week, with its interval.

    The interval of a row is of its own period. That of a score holds with 95% however often one looks at the row while
    it fills, and while answers get better or worse; it does not hold for all rows at once.
    """
    from genops.monitoring.history import check_figures, default_figures, history
    from genops.monitoring.monitor import Monitor
    from genops.syntax.moment import moment

    begin, now = moment(since or _SINCE[by], "--since"), time.time_ns()
    if begin > now:
        raise UsageError(f"--since {since}: that is yet to come", hint="7d is 7 days ago")
    with opened() as project:
        monitor = Monitor.load(name, project)
        names = tuple(dict.fromkeys(figure or default_figures(monitor)))
        check_figures(monitor, names)
        found = history(monitor, names, begin, by, now) if monitor.has_run else None
    if found is None:
        _not_yet(monitor, name)
    elif found.others:
        others = counted(found.others, "run")
        note(f"{others} of that time scored by other scorers, or other settings of them: left out here")
    if as_json:
        say_json(_as_json(monitor, names, by, found))
    elif found is not None:
        for number, each in enumerate(names):
            say(("\n" if number else "") + _heading(monitor, each, found, by))
            listing(("from", "value", "n", ""), _rows(found, each), as_json=False, right=("n",))


def _not_yet(monitor: Monitor, name: str) -> None:
    spec = monitor.spec
    note(f"{spec.name} has not run yet: `genops monitor run {name}` begins with the runs that start from then on")


def _judged(reading: Reading, over: float) -> dict[str, Any]:
    """What the judges used in all."""
    used = reading.judged(over)
    names = "calls", "input_tokens", "output_tokens"
    return {"runs": len(used), **{name: sum(int(one.get(name, 0)) for one in used) for name in names}}


def _list_compared(release: str, compared: Sequence[SinceRelease]) -> None:
    from genops.evals.reports.wording import measured

    level = min(one.difference.level for one in compared)  # those that are not known have none of their own
    columns = "score", f"release ({release})", "now", f"difference ({level:.0%} interval)", ""
    rows = [
        (
            one.name,
            f"{measured(one.release)}, n {one.release.n:,}",
            f"{measured(one.now)}, n {one.now.n:,}",
            measured(one.difference, signed=True),
            one.direction if one.difference.value is not None else one.difference.missing,
        )
        for one in compared
    ]
    listing(columns, [dict(zip(columns, row, strict=True)) for row in rows], as_json=False)


def _heading(monitor: Monitor, figure: str, found: History, by: str) -> str:
    measure = next((row.figures[figure] for row in found.rows if row.figures[figure].low is not None), None)
    of = f", [{measure.level:.0%} interval of the row: {measure.method}]" if measure and measure.method else ""
    return f"{monitor.spec.name}: {figure} by {by}{of}"


def _rows(found: History, figure: str) -> list[dict[str, Any]]:
    rows = []
    for row in found.rows:
        shown = figure_row(row.figures[figure])
        direction = row.directions.get(figure, "not told apart")
        said = ["" if row.is_over else "so far", shown[""]]
        said += [f"{direction} than at release"] if direction != "not told apart" else []
        rows.append({"from": shown_moment(row.since), **shown, "": "; ".join(filter(None, said))})
    return rows


def _as_json(monitor: Monitor, names: Sequence[str], by: str, found: History | None) -> dict[str, Any]:
    from dataclasses import asdict

    from genops.monitoring.alerts.message import moment_text

    rows = () if found is None else found.rows
    return {
        "monitor": monitor.spec.name,
        "by": by,
        "left_out": 0 if found is None else found.others,
        "figures": {
            name: [
                {
                    "from": moment_text(row.since),
                    "until": moment_text(row.until),
                    "is_over": row.is_over,
                    **asdict(row.figures[name]),
                    **({"since_release": row.directions[name]} if name in row.directions else {}),
                }
                for row in rows
            ]
            for name in names
        },
    }
