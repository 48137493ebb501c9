"""Figures over time: a row for each hour, day or week."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Literal, TypeAlias

from genops.drift.windows.traces import NOT_USERS
from genops.errors import UsageError, nearest
from genops.evals.summary import Measure
from genops.monitoring.figures import REGRESSION, SCORE, Figures
from genops.monitoring.monitor import Monitor
from genops.monitoring.release import Direction
from genops.monitoring.runs import columns

Period: TypeAlias = Literal["hour", "day", "week"]
MOST = 1_000
_OF_RUNS = ("traces", "error_rate", "latency", "cost", "tokens")
_DAYS: Mapping[Period, int] = {"day": 1, "week": 7}


@dataclass(frozen=True, slots=True)
class Row:
    """Figures of one period.

    Attributes:
        since: Its beginning, in nanoseconds since the epoch.
        until: Its end.
        is_over: Whether it is; else the figures are of what was there so far.
        figures: By name, those that were asked for.
        directions: What scores say beside those at release, by the name of the figure.
    """

    since: int
    until: int
    is_over: bool
    figures: Mapping[str, Measure]
    directions: Mapping[str, Direction]


@dataclass(frozen=True, slots=True)
class History:
    """Figures over time.

    Attributes:
        rows: Oldest first; from the beginning of the monitor on, where that is later than what was asked for.
        others: Runs of the time that were scored by other scorers, or by other settings: they are left out.
    """

    rows: Sequence[Row]
    others: int = 0


def default_figures(monitor: Monitor) -> tuple[str, ...]:
    """The scores; the error rate where there are no scorers."""
    return tuple(f"{SCORE}{name}" for name in monitor.spec.ranges) or ("error_rate",)


def check_figures(monitor: Monitor, names: Sequence[str]) -> None:
    """Sees that there is a series of each figure.

    Raises:
        UsageError: There is none; the message names the nearest.
    """
    spec = monitor.spec
    known = set(Figures(columns([]), (), (), {}, {}).all())
    known |= {f"{SCORE}{name}" for name in spec.ranges}
    known |= {f"{REGRESSION}{name}" for name in spec.ranges if spec.release}
    for name in names:
        if name.startswith("drift."):
            raise UsageError(f"the evidence {name} has no history", hint="`genops drift watches` lists the alarms")
        if name not in known and not name.removeprefix("feedback.").isidentifier():
            raise UsageError(f"{spec.name} has no figure {name!r}", hint=nearest(name, {*known, "feedback.NAME"}))


def history(monitor: Monitor, names: Sequence[str], since: int, by: Period, now: int) -> History:
    """The figures of each period up to now, of all that the monitor saw in it.

    The interval of each row is of its own period, with the weights of sampling (:class:`Figures`).

    Args:
        monitor: Which; it has run.
        names: Of the figures (:func:`check_figures`).
        since: In nanoseconds since the epoch; the period that it lies in is told as a whole.
        by: How long a period is.
        now: In nanoseconds since the epoch.

    Raises:
        UsageError: These are more than 1,000 periods.
        StoreError: The store cannot be read.
    """
    ends = list(_ends(max(since, monitor.began), by, now))
    ends[0] = max(ends[0], monitor.began)
    store, spec = monitor.project.store, monitor.spec
    scored = list(store.monitored(spec.name, ends[0]))
    own = [one for one in scored if one.manifest == monitor.manifest]
    starts = [one.started for one in own]
    feedback = store.feedback_of_chain(spec.chain, NOT_USERS, monitor.began, ends[0])
    release = None if monitor.release is None else monitor.release.read()
    wants_runs = any(name.partition(".")[0] in _OF_RUNS for name in names)
    rows = []
    for begin, end in pairwise(ends):
        figures = Figures(
            columns(store.ended_runs(spec.chain, NOT_USERS, begin, end) if wants_runs else ()),
            own[bisect_left(starts, begin) : bisect_left(starts, end)],
            [one for one in feedback if begin <= one[0].created < end],
            {},
            spec.ranges,
            spec.rates.largest_weight,
            release=release,
        )
        directions = {f"{SCORE}{one.name}": one.direction for one in figures.since_release()}
        measures = {name: figures.one(name) or _nothing(name, begin < monitor.forgotten) for name in names}
        rows.append(Row(begin, end, end <= now, measures, directions))
    return History(rows, len(scored) - len(own))


def _nothing(name: str, is_forgotten: bool) -> Measure:
    if name.startswith(SCORE):
        return Measure.none("score", "no longer kept" if is_forgotten else "no run was scored")
    return Measure.none("score", "no feedback was given")


def _ends(since: int, by: Period, now: int) -> Iterator[int]:
    """Where periods begin, in local time, and where the last one ends, in nanoseconds since the epoch.

    Raises:
        UsageError: They are too many.
    """
    local = datetime.fromtimestamp(since / 1e9).astimezone().replace(minute=0, second=0, microsecond=0)
    day = local.replace(hour=0, tzinfo=None) - timedelta(days=local.weekday() if by == "week" else 0)
    for number in range(MOST + 1):
        begins = local + timedelta(hours=number) if by == "hour" else day + timedelta(days=number * _DAYS[by])
        end = int(begins.timestamp()) * 10**9
        yield end
        if end > now:
            return
    raise UsageError(f"these are more than {MOST:,} rows", hint="a later --since, or a longer --by")
