"""The runs of a window are read from the store once, and are what the store holds all the same."""

import time

import numpy as np
import pytest

from genops.monitoring.runs import SETTLED, RecentRuns
from genops.store.records.runs import RunRecord

HOUR = 3_600 * 10**9


@pytest.fixture
def store(lab):
    return lab.site.project.store


def put(store, number, ago, took=10**9, **more):
    """Writes a run that started some nanoseconds ago; its start."""
    identity, started = f"{number:032x}", time.time_ns() - ago
    more = {"mode": "run", "status": "ok", "ended": started + took} | more
    store.writer.run(RunRecord(identity, identity, "echo", started, **more))
    store.writer.flush(10.0)
    return started


def reads(store, monkeypatch):
    """How many runs each query gives from now on."""
    sizes, query = [], store.ended_runs

    def counted(*arguments):
        found = query(*arguments)
        sizes.append(len(found))
        return found

    monkeypatch.setattr(store, "ended_runs", counted)
    return sizes


def test_what_is_measured_of_runs(store):
    put(store, 1, 3 * HOUR, took=2 * 10**9, cost=0.5, input_tokens=7, output_tokens=3, session="s")
    put(store, 2, 2 * HOUR, status="error", cost=None, session="s")
    put(store, 3, HOUR)
    found = RecentRuns(store, "echo").since(time.time_ns() - 4 * HOUR)
    assert found["seconds"].tolist() == [2.0, 1.0, 1.0]
    assert found["failed"].tolist() == [0.0, 1.0, 0.0]
    assert found["tokens"].tolist() == [10.0, 0.0, 0.0]
    assert found["cost"][0] == 0.5
    assert np.isnan(found["cost"][1])
    assert found["session"][0] == found["session"][1] != found["session"][2]


def test_runs_that_nobody_asked_for_that_have_not_ended_or_are_older_are_left_out(store):
    put(store, 1, HOUR, mode="eval")
    put(store, 2, HOUR, mode="batch")
    put(store, 3, HOUR, status="running", ended=None)
    put(store, 4, 3 * HOUR)
    assert len(RecentRuns(store, "echo").since(time.time_ns() - 2 * HOUR)) == 1
    assert len(RecentRuns(store, "other").since(time.time_ns() - 2 * HOUR)) == 0


def test_a_second_look_reads_what_is_new(store, monkeypatch):
    for number in range(20):
        put(store, number, HOUR + number)
    runs, since = RecentRuns(store, "echo"), time.time_ns() - 2 * HOUR
    assert len(runs.since(since)) == 20
    sizes = reads(store, monkeypatch)
    put(store, 99, 5 * 10**9)
    assert len(runs.since(since)) == 21
    assert sum(sizes) == 1


def test_what_left_the_window_is_gone(store):
    old = put(store, 1, 2 * HOUR)
    put(store, 2, HOUR)
    runs = RecentRuns(store, "echo")
    assert len(runs.since(old)) == 2
    assert len(runs.since(old + 1)) == 1
    assert len(runs.since(old)) == 2  # a longer window again


@pytest.mark.parametrize("ago", [5 * 10**9, int(2 * SETTLED * 1e9)])
def test_what_ends_late_comes_late_or_is_deleted_is_seen(store, ago):
    started = put(store, 1, ago, status="running", ended=None)
    runs, since = RecentRuns(store, "echo"), started - HOUR
    assert len(runs.since(since)) == 0
    ended = store.run(f"{1:032x}")
    ended.status, ended.ended = "ok", time.time_ns()
    store.writer.run(ended)
    store.writer.flush(10.0)
    assert len(runs.since(since)) == 1
    put(store, 2, ago + 10**9)
    assert len(runs.since(since)) == 2
    store.delete([f"{1:032x}"])
    assert len(runs.since(since)) == 1
