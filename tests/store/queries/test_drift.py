"""Drift checks are kept as they were made, and a watch stands where it was left."""

from dataclasses import replace

import pytest

from genops.errors import ReferenceNotFound
from genops.store.records.drift import DriftRecord, WatchRecord


def made(number: int, check: str = "questions") -> DriftRecord:
    body = {"looks": [{"p": 0.001, "text": "\ud800 and \x00"}]}
    identity = f"{number:032x}"[::-1]
    return DriftRecord(identity, check, "dataset:a", "traces:chain=b", 1_000, 1_001, "drift", body)


def test_a_check_is_found_by_its_beginning_with_all_that_it_showed(store):
    store.add_drift_check(made(1))
    assert store.drift_check(made(1).id[:5]) == made(1)


def test_checks_come_newest_first_and_may_be_of_one_definition(store):
    for number, check in ((1, "questions"), (2, "answers"), (3, "questions")):
        store.add_drift_check(made(number, check))
    assert [record.id for record in store.drift_checks()] == [made(number).id for number in (3, 2, 1)]
    assert [record.id for record in store.drift_checks("questions", limit=1)] == [made(3).id]


def test_deleted_checks_are_gone(store):
    store.add_drift_check(made(1))
    assert store.delete_drift_checks([made(1).id]) == 1
    with pytest.raises(ReferenceNotFound):
        store.drift_check(made(1).id)


def test_a_watch_stands_where_it_was_last_kept(store):
    assert store.drift_watch("questions") is None
    first = WatchRecord("questions", "m" * 64, 10, 3, 11, {"inputs": {"rows": 500}}, {"inputs": {"bets": [0.1, 0.2]}})
    then = replace(first, cursor=20, seen=7, alarms=[{"at": 15}])
    store.open_drift_watch(first)
    assert store.advance_drift_watch(then, first)
    assert store.drift_watch("questions") == then
    assert store.drift_watches() == [then]
    store.open_drift_watch(first)
    assert store.drift_watch("questions") == first
    assert store.delete_drift_watch("questions")
    assert not store.delete_drift_watch("questions")


def test_a_watch_that_stands_elsewhere_than_was_thought_is_not_written(store):
    first = WatchRecord("questions", "m" * 64, 10, 3, 11)
    store.open_drift_watch(first)
    assert store.advance_drift_watch(replace(first, seen=4, updated=12), first)
    assert not store.advance_drift_watch(replace(first, seen=5, updated=13), first)
    assert store.drift_watch("questions").seen == 4
