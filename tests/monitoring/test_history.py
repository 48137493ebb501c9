"""Figures over time: each period on its own, weighed by how its runs were drawn, in local time."""

import time
from datetime import datetime, timedelta
from itertools import pairwise

import pytest

from genops.errors import UsageError
from genops.monitoring.history import MOST, _ends, history
from genops.monitoring.monitor import Monitor
from genops.monitoring.spec import MonitorSpec
from genops.store.records.monitoring import MonitoredRecord, MonitorRecord

HOUR = 3_600 * 10**9
NOW = 1_790_000_000 * 10**9
SCORE = "score.contains"


@pytest.fixture
def berlin(monkeypatch):
    monkeypatch.setenv("TZ", "Europe/Berlin")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


def at(text):
    return int(datetime.fromisoformat(text).timestamp()) * 10**9


def monitor_with(lab, scored, rate=1.0, **more):
    """A monitor that has scored runs: hours ago, value, and the probability with which each was drawn."""
    data = {"kind": "monitor", "chain": "echo", "sample": {"rate": rate}, "scorers": [{"contains": "yes"}]}
    spec, project = MonitorSpec.from_data(data, "live"), lab.site.project
    manifest = Monitor(spec, project).manifest
    record = MonitorRecord("live", manifest, NOW - 1_000 * HOUR, NOW, 0, NOW, **more)
    rows = [
        MonitoredRecord(
            f"{number:032x}", NOW - int(hours * HOUR), manifest, "all", probability, {"contains": {"value": value}}
        )
        for number, (hours, value, probability) in enumerate(scored)
    ]
    assert project.store.advance_monitor(record, rows, None)
    return Monitor(spec, project)


def test_a_row_weighs_scores_by_how_likely_their_runs_were_to_be_drawn(lab):
    rare, sure = [(2.0, 1.0, 0.1)] * 20, [(2.0, 0.0, 1.0)] * 20
    monitor = monitor_with(lab, [*rare, *sure], rate=0.1)
    rows = history(monitor, [SCORE], NOW - 3 * HOUR, "hour", NOW).rows
    (found,) = [row.figures[SCORE] for row in rows if row.figures[SCORE].n]
    assert (found.value, found.n) == (pytest.approx(200 / 220), 40)
    assert found.low < found.value < found.high


def test_rows_are_of_their_own_period_alone(lab):
    monitor = monitor_with(lab, [(3.0, 1.0, 1.0)] * 30 + [(1.0, 0.0, 1.0)] * 30)
    rows = history(monitor, [SCORE], NOW - 4 * HOUR, "hour", NOW).rows
    assert [(row.figures[SCORE].value, row.figures[SCORE].n) for row in rows if row.figures[SCORE].n] == [
        (1.0, 30),
        (0.0, 30),
    ]
    assert [row.until for row in rows][:-1] == [row.since for row in rows][1:]
    assert [row.is_over for row in rows] == [True] * (len(rows) - 1) + [False]


def test_it_begins_with_the_monitor_and_says_what_is_no_longer_kept(lab):
    monitor = monitor_with(lab, [(1.0, 1.0, 1.0)], kept=NOW - 30 * HOUR)
    rows = history(monitor, [SCORE], 0, "day", NOW).rows
    assert rows[0].since == monitor.began
    assert rows[0].figures[SCORE].missing == "no longer kept"
    assert rows[-1].figures[SCORE].value == 1.0


@pytest.mark.parametrize(
    ("by", "since", "now", "lengths"),
    [
        ("day", "2026-03-28T10:30", "2026-03-30T10:30", [24, 23, 24]),
        ("day", "2026-10-24T10:30", "2026-10-26T10:30", [24, 25, 24]),
        ("hour", "2026-03-29T01:30", "2026-03-29T04:30", [1, 1, 1]),
        ("week", "2026-10-21T10:30", "2026-10-27T10:30", [169, 168]),
    ],
)
def test_periods_are_those_of_the_local_calendar(berlin, by, since, now, lengths):
    ends = list(_ends(at(since), by, at(now)))
    assert [(after - before) / HOUR for before, after in pairwise(ends)] == lengths
    first = datetime.fromtimestamp(ends[0] / 1e9).astimezone()
    assert first.minute == first.second == 0
    assert ends[0] <= at(since) < ends[1]
    assert ends[-2] <= at(now) < ends[-1]
    if by != "hour":
        assert {datetime.fromtimestamp(end / 1e9).astimezone().hour for end in ends} == {0}


def test_there_are_a_thousand_rows_at_most():
    assert len(list(_ends(NOW - (MOST - 2) * HOUR, "hour", NOW))) <= MOST + 1
    with pytest.raises(UsageError, match="more than 1,000 rows"):
        list(_ends(NOW - int(timedelta(days=60).total_seconds()) * 10**9, "hour", NOW))
