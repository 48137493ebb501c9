"""Samples are kept as they end, through a store that is locked or full for a while."""

import asyncio
import sqlite3
from contextlib import closing
from dataclasses import replace
from functools import partial

import pytest

from genops.errors import StoreError, StoreUnavailable
from genops.evals.runner import keeper as module
from genops.evals.runner.keeper import Keeper
from genops.store import Store
from genops.store.records.evaluations import SampleRecord
from genops.store.records.runs import RunRecord


class Shelf:
    """A writer that cannot write some times.

    Attributes:
        kept: Numbers of the samples that were written.
        troubles: What the next writes raise.
    """

    def __init__(self, *troubles):
        self.kept = []
        self.troubles = list(troubles)

    def __call__(self, samples):
        if self.troubles:
            raise self.troubles.pop(0)
        written = [sample.number for sample in samples]
        self.kept = list(dict.fromkeys([*self.kept, *written]))  # as in a store, where one written again is the same


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr(module, "_PAUSE", 0.0)
    monkeypatch.setattr(module, "_RETRY_PAUSE", 0.01)


@pytest.fixture
def store(tmp_path):
    with Store.open(f"sqlite:///{tmp_path}/genops.db") as store:
        yield store


@pytest.fixture
def make(store):
    """A keeper, whose records' traces are those of a store."""
    return partial(Keeper, store.writer)


def sample(number):
    return SampleRecord(number, f"c{number}", number, "v", 0, "ok")


async def keep(keeper, count):
    running = asyncio.create_task(keeper.run())
    for number in range(count):
        await asyncio.wait_for(keeper.keep(sample(number)), 10)
        await asyncio.sleep(0.001)
    running.cancel()
    await keeper.finish()


async def test_every_sample_is_written_once(make):
    shelf = Shelf()
    await keep(make(shelf), 50)
    assert shelf.kept == list(range(50))


async def test_a_store_that_is_locked_for_a_while_loses_none(make):
    shelf = Shelf(*[StoreUnavailable("locked")] * 3)
    await keep(make(shelf), 20)
    assert shelf.kept == list(range(20))


async def test_while_it_is_locked_no_more_are_taken(make):
    shelf = Shelf(*[StoreUnavailable("locked")] * 1_000_000)
    keeper = make(shelf)
    running = asyncio.create_task(keeper.run())
    taken = 0

    async def work():
        nonlocal taken
        while True:
            await keeper.keep(sample(taken))
            taken += 1
            await asyncio.sleep(0.01)

    with pytest.raises(TimeoutError):
        await asyncio.wait_for(work(), 0.3)
    assert taken < 5
    shelf.troubles.clear()
    running.cancel()
    await keeper.finish()
    assert list(dict.fromkeys(shelf.kept)) == list(range(taken + 1))  # a write that was cut off is made again


async def test_one_that_stays_locked_ends_it_and_what_was_written_stays(make, monkeypatch):
    monkeypatch.setattr(module, "_PATIENCE", 0.1)
    shelf = Shelf()
    keeper = make(shelf)
    await keeper.keep(sample(0))
    await keeper.finish()
    shelf.troubles = [StoreUnavailable("locked")] * 1_000_000
    running = asyncio.create_task(keeper.run())
    await keeper.keep(sample(1))
    with pytest.raises(StoreUnavailable):
        await asyncio.wait_for(running, 10)
    assert shelf.kept == [0]


async def test_what_will_not_heal_ends_it_at_once(make):
    keeper = make(Shelf(StoreError("no such table")))
    await keeper.keep(sample(0))
    with pytest.raises(StoreError, match="no such table"):
        await keeper.finish()


async def test_what_is_handed_over_at_once_is_in_one_commit(make):
    commits = []
    keeper = make(lambda samples: commits.append([sample.number for sample in samples]))
    running = asyncio.create_task(keeper.run())
    for first in (0, 3):
        await keeper.keep(*map(sample, range(first, first + 3)))
        async with asyncio.timeout(60):
            while not commits or commits[-1][0] < first:  # noqa: ASYNC110 - for a thread
                await asyncio.sleep(0.01)
    running.cancel()
    assert commits == [[0, 1, 2], [3, 4, 5]]


async def test_a_record_is_told_of_once_it_is_written_and_not_before(make):
    shelf, told = Shelf(*[StoreUnavailable("locked")] * 3), []

    def note(sample):
        assert sample.number in shelf.kept
        told.append(sample.number)

    await keep(make(shelf, note), 20)
    assert told == list(range(20))


async def test_one_that_cannot_be_written_is_told_of_by_nobody(make):
    told = []
    keeper = make(Shelf(StoreError("no such table")), told.append)
    await keeper.keep(sample(0))
    with pytest.raises(StoreError):
        await keeper.finish()
    assert told == []


async def test_the_trace_is_on_disk_before_the_record_that_leads_to_it(make, store):
    runs, there = [f"{number:032x}" for number in range(5)], []
    keeper = make(lambda samples: there.extend(store.run(sample.run).id for sample in samples))
    for number, run in enumerate(runs):
        store.writer.run(RunRecord(run, run, "chain", 1))
        await keeper.keep(replace(sample(number), run=run))
        await keeper.finish()
    assert there == runs


async def test_a_record_waits_until_its_trace_is_on_disk(make, store, monkeypatch):
    written = iter([False, False])
    monkeypatch.setattr(store.writer, "flush", lambda timeout, begun=True: next(written, True))
    shelf, told = Shelf(), []
    keeper = make(shelf, told.append)
    await keeper.keep(sample(0))
    assert not await keeper._written()
    assert (shelf.kept, told) == ([], [])
    await keeper.finish()
    assert (shelf.kept, len(told)) == ([0], 1)


async def test_traces_that_cannot_be_written_end_it_with_the_reason(make, store, monkeypatch, tmp_path):
    monkeypatch.setattr(module, "_PATIENCE", 0.1)
    monkeypatch.setattr(module, "_PATIENCE_WITH_TRACES", 1.5)
    shelf = Shelf()
    keeper = make(shelf)
    with closing(sqlite3.connect(tmp_path / "genops.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        store.writer.run(RunRecord("a" * 32, "a" * 32, "chain", 1))
        await keeper.keep(replace(sample(0), run="a" * 32))
        with pytest.raises(StoreUnavailable, match="database is locked") as caught:
            await keeper.finish()
        assert caught.value.hint == "another process holds the store; try again when it has finished"
        assert shelf.kept == []
        other.execute("ROLLBACK")


async def test_the_first_of_all_waits_for_no_other(make, monkeypatch):
    monkeypatch.setattr(module, "_PAUSE", 1_000.0)
    told = asyncio.Event()
    keeper = make(Shelf(), lambda _: told.set())
    running = asyncio.create_task(keeper.run())
    await keeper.keep(sample(0))
    await asyncio.wait_for(told.wait(), 10)
    running.cancel()
