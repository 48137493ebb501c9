"""``genops monitor history`` shows figures over time, and says what its intervals are of."""

import json
import sqlite3
import time
from contextlib import closing

import pytest

from genops.store import Store
from tests.cli.live_monitor import asked, defined

DAY = 86_400 * 10**9
MOMENTS = ("began", "cursor", "updated", "kept")
LIVE = """
kind: monitor
chain: say
sample: {rate: 1.0}
scorers:
  - contains: hello
"""


@pytest.fixture
def live(site):
    return defined(site, LIVE)


def store_of(site):
    return Store.open(f"sqlite:///{site}/.genops/genops.db")


def days_ago(site, days):
    """As if all that the monitor knows had happened some days earlier."""
    moved = {"run": ("key", "started", "ended"), "span": ("run",), "monitored": ("started",), "monitor": MOMENTS}
    with closing(sqlite3.connect(site / ".genops" / "genops.db")) as connection, connection:
        for table, columns in moved.items():
            changes = ", ".join(f"{column} = {column} - {days * DAY}" for column in columns)
            connection.execute(f"UPDATE {table} SET {changes}")


def rows(genops, figure="score.contains", *more):
    return json.loads(genops("monitor", "history", "live", *more, "--json").out)["figures"][figure]


def test_a_row_a_day_with_mean_interval_and_size_and_days_without_runs_as_such(live, genops):
    genops("monitor", "run", "live", "--once")
    asked(genops, *["hello"] * 12)
    genops("monitor", "run", "live", "--once")
    days_ago(live, 2)
    asked(genops, *["bye"] * 6, *["hello"] * 6)
    genops("monitor", "run", "live", "--once")
    first, empty, today = rows(genops)
    assert (first["value"], first["n"], first["is_over"]) == (1.0, 12, True)
    assert (empty["value"], empty["n"], empty["missing"]) == (None, 0, "no run was scored")
    assert (today["value"], today["n"], today["is_over"]) == (0.5, 12, False)
    assert 0 < today["low"] < 0.5 < today["high"] < 1
    assert first["until"] == empty["from"]
    shown = genops("monitor", "history", "live").out
    head, _, *lines = shown.splitlines()
    assert head.startswith("live: score.contains by day, [95% interval of the row: running mean")
    assert "1.000 [0." in lines[0]
    assert lines[1].rstrip().endswith("no run was scored")
    assert lines[2].rstrip().endswith("so far")


def test_any_figure_by_any_period_and_several_at_once(live, genops):
    genops("monitor", "run", "live", "--once")
    asked(genops, "hello", "bye")
    genops("feedback", "add", "last", "--bad", "--name", "helpful")
    genops("monitor", "run", "live", "--once")
    wanted = ("traces", "error_rate", "latency.p50", "cost.judges", "feedback.helpful", "feedback.other")
    options = [part for figure in wanted for part in ("--figure", figure)]
    for by in ("hour", "day", "week"):
        found = json.loads(genops("monitor", "history", "live", *options, "--by", by, "--json").out)
        assert found["by"] == by
        values = {figure: series[-1]["value"] for figure, series in found["figures"].items()}
        latency = values.pop("latency.p50")
        assert latency > 0
        expected = [("traces", 2.0), ("error_rate", 0.0), ("cost.judges", 0.0), ("feedback.helpful", 0.0)]
        assert values == dict([*expected, ("feedback.other", None)])
    shown = genops("monitor", "history", "live", "--figure", "error_rate", "--figure", "traces").out
    assert "live: error_rate by day" in shown
    assert "live: traces by day" in shown


def test_each_row_stands_beside_the_release(live, genops):
    (live / "evals" / "release.yaml").write_text(
        "kind: suite\nchain: say\nscorers:\n  - contains: hello\ndataset:\n"
        + "".join(f"  - {{what: hello {number}}}\n" for number in range(30))
    )
    genops("eval", "run", "release")
    (live / "evals" / "live.yaml").write_text(f"{LIVE}release: eval:release\n")
    genops("monitor", "run", "live", "--once")
    asked(genops, *["bye"] * 30)
    genops("monitor", "run", "live", "--once")
    today = rows(genops)[-1]
    assert today["since_release"] == "worse"
    assert genops("monitor", "history", "live").out.rstrip().endswith("so far; worse than at release")
    *_, regression = rows(genops, "regression.contains", "--figure", "regression.contains")
    assert (regression["value"], regression["low"] > 0.5) == (1.0, True)


def test_what_other_scorers_gave_is_left_out_and_told(live, genops):
    genops("monitor", "run", "live", "--once")
    asked(genops, "hello")
    genops("monitor", "run", "live", "--once")
    (live / "evals" / "live.yaml").write_text(LIVE.replace("hello", "bye"))
    asked(genops, "bye", "bye")
    genops("monitor", "run", "live", "--once")
    today = rows(genops)[-1]
    assert (today["value"], today["n"]) == (1.0, 2)
    assert "1 run of that time scored by other scorers" in genops("monitor", "history", "live").err


def test_scores_that_are_no_longer_kept_are_told_as_such(live, genops):
    genops("monitor", "run", "live", "--once")
    asked(genops, "hello")
    genops("monitor", "run", "live", "--once")
    days_ago(live, 3)
    (live / "evals" / "live.yaml").write_text(f"{LIVE}keep: 1d\n")
    genops("monitor", "run", "live", "--once")
    assert [(row["n"], row["missing"]) for row in rows(genops)[:2]] == [(0, "no longer kept")] * 2
    with store_of(live) as store:
        assert list(store.monitored("live")) == []
        assert store.monitor("live").kept > time.time_ns() - 2 * DAY


def test_before_it_ran_it_says_how_to_begin(live, genops):
    done = genops("monitor", "history", "live")
    assert "live has not run yet: `genops monitor run live` begins" in done.err
    assert done.out == ""
    assert json.loads(genops("monitor", "history", "live", "--json").out)["figures"] == {"score.contains": []}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--figure", "score.contians"], "did you mean score.contains"),
        (["--figure", "regression.contains"], "no figure 'regression.contains'"),
        (["--figure", "drift.questions"], "genops drift watches"),
        (["--since", "soon"], "--since 'soon' is not a moment"),
        (["--since", "2200-01-01"], "--since 2200-01-01: that is yet to come"),
        (["--by", "minute"], "--by"),
    ],
)
def test_wrong_usage_is_one_clear_error(live, genops, arguments, message):
    done = genops("monitor", "history", "live", *arguments, code=2)
    assert message in done.err
    assert "Traceback" not in done.err


def test_more_rows_than_anybody_reads_are_refused(live, genops):
    genops("monitor", "run", "live", "--once")
    days_ago(live, 60)
    done = genops("monitor", "history", "live", "--by", "hour", "--since", "60d", code=2)
    assert "more than 1,000 rows" in done.err
