"""Of each group the first run is the item, so that items are independent: a watch keeps its promise in sessions."""

import json

import numpy as np
import pytest
from scipy import stats

from genops.drift import items
from genops.drift.items import Groups, grouped, rows_digest
from genops.drift.sequential import Baseline, Detector
from genops.drift.windows import Window

RUN_LENGTH = 10_000


def window(groups, ids=None, times=None, values=None):
    names = tuple(map(str, range(len(groups)))) if ids is None else tuple(ids)
    own = tuple(group or f"row {item}" for group, item in zip(groups, names, strict=True))
    rows = np.arange(len(groups), dtype=np.float64) if values is None else values
    return Window("w", "number", rows, names, own, None if times is None else np.array(times))


def test_the_first_run_of_each_group_is_taken_with_all_its_rows_and_lone_runs_all_are():
    given = window(["a", "a", "", "b", "a", ""], ids=["1", "1", "2", "3", "4", "5"])
    taken, after = Groups().first(given)
    assert taken.ids == ("1", "1", "2", "3", "5")
    assert grouped(given)
    assert after.known
    assert not grouped(window(["", ""]))
    assert not Groups().first(window(["", ""]))[1].known


def test_the_first_is_the_earliest_where_times_are_known():
    taken, _ = Groups().first(window(["a", "b", "a", "b"], times=[4, 1, 2, 3]))
    assert taken.ids == ("1", "2")


def test_a_group_that_came_before_is_passed_over_also_after_a_restart():
    _, groups = Groups().first(window(["a", "b"]))
    kept = Groups.from_state(json.loads(json.dumps(groups.state())))
    assert kept.first(window(["b", "c", "a"], ids=["7", "8", "9"]))[0].ids == ("8",)


def test_what_is_looked_at_again_after_a_failure_is_the_same():
    groups = Groups()
    assert [groups.first(window(["a", "a"]))[0].ids for _ in range(2)] == [("0",), ("0",)]


def test_as_many_groups_as_stated_are_remembered_the_last_to_come(monkeypatch):
    monkeypatch.setattr(items, "REMEMBERED", 3)
    groups = Groups()
    for name in ("a", "b", "c", "a", "d"):
        _, groups = groups.first(window([name]))
    assert [len(groups.first(window([name]))[0]) for name in "abcd"] == [0, 1, 0, 0]


def test_the_digest_is_of_rows_and_groups():
    def digest(**given):
        return rows_digest({"inputs": window(**given)})

    same = digest(groups=["a", "b"])
    assert same == digest(groups=["a", "b"], ids=["8", "9"])
    assert same != digest(groups=["a", "a"])
    assert same != digest(groups=["a", "b"], values=np.array([0.0, 2.0]))


def sessions(random, count, size, shift=0.0):
    """Rows of 6 dimensions, those of one session alike, with the names of their sessions."""
    own = np.repeat(random.standard_normal((count, 6)), size, axis=0) + shift
    rows = 0.9 * own + 0.45 * random.standard_normal(own.shape)
    names = [f"{random.integers(2**60)}-{number // size}" for number in range(count * size) if number % size == 0]
    return rows, [name for name in names for _ in range(size)]


def found(random, size, shift, as_items):
    """The item of the first alarm, in 600 quiet sessions and 200 that may be moved; None where there is none."""
    rows, groups = sessions(random, 200, size)
    quiet, moved = sessions(random, 600, size), sessions(random, 200, size, shift)
    stream, names = np.concatenate([quiet[0], moved[0]]), [*quiet[1], *moved[1]]
    if as_items:
        reference, _ = Groups().first(window(groups, values=rows))
        current, _ = Groups().first(window(names, values=stream))
        rows, stream = reference.values, current.values
    alarms = Detector(Baseline.of_vectors(rows), RUN_LENGTH).update(stream)
    return alarms[0].item if alarms else None


@pytest.mark.parametrize("size", [5, 10])
def test_quiet_sessions_alarm_no_more_often_than_was_promised_where_their_rows_as_items_do(size):
    streams = 30
    alarms = [found(np.random.default_rng([seed, size]), size, 0.0, as_items=True) for seed in range(streams)]
    assert sum(alarm is not None for alarm in alarms) <= stats.binom.isf(1e-5, streams, 800 / RUN_LENGTH + 0.01)
    rows = [found(np.random.default_rng([seed, size]), size, 0.0, as_items=False) for seed in range(3)]
    assert None not in rows


@pytest.mark.parametrize("size", [5, 10])
def test_sessions_of_another_kind_are_found_soon(size):
    for seed in range(3):
        assert 600 <= found(np.random.default_rng([seed, size]), size, 1.0, as_items=True) < 800
