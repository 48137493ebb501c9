from __future__ import annotations

import logging
import multiprocessing
import os
import signal
import sqlite3
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from genops.artifacts import Component, Lock, encode
from genops.store import RunFilter, RunRecord, SpanRecord, Store, writer
from genops.store.batch import padded_parts
from genops.store.writer import Writer

START = 1_700_000_000_000_000_000


def a_run(number: int = 0, status: str = "ok") -> RunRecord:
    return RunRecord(f"{number:032x}", f"{number:032x}", "chain", START + number, status=status)  # type: ignore[arg-type]


def a_span(run: RunRecord, number: int = 1, **fields: object) -> SpanRecord:
    return SpanRecord(run.id, number, None, "ab" * 8, "path", "step", "step", run.started, **fields)  # type: ignore[arg-type]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "genops.db"


@pytest.fixture
def sqlite_store(path: Path):
    with Store.open(f"sqlite:///{path}") as store:
        yield store


def small_writer(store: Store, **bounds: int) -> Writer:
    return Writer(store._database, **bounds)


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_the_state_of_the_moment_of_writing_is_written(store: Store) -> None:
    run = a_run(1, status="running")
    span = a_span(run)
    store.writer.run(run)
    store.writer.span(span)
    assert store.writer.flush()
    assert store.spans(run.id)[0].status == "running"
    span.status, span.ended, span.output = "ok", START + 9, "ab" * 32
    run.status = "ok"
    store.writer.span(span)
    store.writer.run(run)
    assert store.writer.flush()
    assert store.spans(run.id) == [span]
    assert store.run(run.id).status == "ok"
    assert store.counts().spans == 1


@given(st.integers(0, 2_000))
def test_rows_go_in_by_few_sizes_of_statements_and_few_of_them_twice(count: int) -> None:
    parts = list(padded_parts(range(count)))
    assert {len(part) for part in parts} <= {1 << power for power in range(9)}
    assert list(dict.fromkeys(item for part in parts for item in part)) == list(range(count))
    assert sum(map(len, parts)) <= count + 2 + count // 8
    assert len(parts) <= count // 256 + 5


def test_a_record_handed_over_twice_is_written_once(sqlite_store: Store, path: Path) -> None:
    run = a_run(1, status="running")
    sqlite_store.writer.run(run)
    sqlite_store.writer.flush()
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE written(number)")
        connection.execute(
            "CREATE TRIGGER count AFTER INSERT ON span BEGIN INSERT INTO written VALUES (new.number); END"
        )
        connection.execute(
            "CREATE TRIGGER again AFTER UPDATE ON span BEGIN INSERT INTO written VALUES (new.number); END"
        )
        connection.execute("BEGIN IMMEDIATE")  # while it is held nothing is written
        span = a_span(run)
        sqlite_store.writer.span(span)
        span.status = "ok"
        sqlite_store.writer.span(span)
    assert sqlite_store.writer.flush()
    assert sqlite3.connect(path).execute("SELECT count(*) FROM written").fetchone() == (1,)


def begun(number: int) -> tuple[RunRecord, SpanRecord]:
    """A run that has just begun, and its first span."""
    run = a_run(number, status="running")
    run.started = time.time_ns()
    return run, a_span(run)


def seen(path: Path) -> list[tuple[str, str]]:
    """Id and status of every run that another process sees, oldest first."""
    return sqlite3.connect(path).execute("SELECT id, status FROM run ORDER BY started").fetchall()


@pytest.fixture
def a_slow_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """A run has only just begun for a minute, so that a busy machine changes nothing."""
    monkeypatch.setattr(writer, "_BEGUN", 60_000_000_000)


@pytest.mark.usefixtures("a_slow_clock")
def test_of_a_run_that_ends_soon_the_beginning_is_never_written(sqlite_store: Store, path: Path) -> None:
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE written(status)")
        for table in ("run", "span"):
            for event in ("INSERT", "UPDATE"):
                connection.execute(
                    f"CREATE TRIGGER {table}_{event} AFTER {event} ON {table}"
                    " BEGIN INSERT INTO written VALUES (new.status); END"
                )
    for number in range(40):
        run, span = begun(number)
        sqlite_store.writer.run(run)
        sqlite_store.writer.span(span)
        time.sleep(0.005)
        span.status = run.status = "ok"
        sqlite_store.writer.span(span)
        sqlite_store.writer.run(run)
    assert sqlite_store.writer.flush(begun=False)
    assert sqlite_store.counts().runs == 40
    assert sqlite3.connect(path).execute("SELECT DISTINCT status FROM written").fetchall() == [("ok",)]


def test_a_run_that_goes_on_is_there_soon_and_so_is_each_of_its_steps(sqlite_store: Store, path: Path) -> None:
    run, span = begun(1)
    sqlite_store.writer.run(run)
    sqlite_store.writer.span(span)
    until(lambda: seen(path) == [(run.id, "running")])
    further = a_span(run, 2)
    further.started = time.time_ns()
    sqlite_store.writer.span(further)
    until(lambda: sqlite3.connect(path).execute("SELECT number FROM span").fetchall() == [(1,), (2,)])


@pytest.mark.usefixtures("a_slow_clock")
def test_a_flush_may_leave_out_what_has_only_just_begun(sqlite_store: Store, path: Path) -> None:
    going, span = begun(1)
    ended, step = begun(2)
    half, first = begun(3)
    for record in (going, ended, half):
        sqlite_store.writer.run(record)
    for record in (span, step, first):
        sqlite_store.writer.span(record)
    ended.status = step.status = first.status = "ok"
    assert sqlite_store.writer.flush(begun=False)
    assert seen(path) == [(ended.id, "ok"), (half.id, "running")]  # a step that ended takes its run along
    assert sqlite_store.writer.flush()
    assert (going.id, "running") in seen(path)


@pytest.mark.usefixtures("a_slow_clock")
def test_what_has_only_begun_names_no_payload_that_was_deleted_meanwhile(sqlite_store: Store, path: Path) -> None:
    shared = encode("what both runs are given")
    old, new = a_run(1), begun(2)[0]
    old.inputs = new.inputs = shared.digest
    sqlite_store.writer.payload(shared)
    sqlite_store.writer.run(old)
    sqlite_store.writer.run(new)
    assert sqlite_store.writer.flush(begun=False)
    assert seen(path) == [(old.id, "ok")]
    with Store.open(f"sqlite:///{path}") as other:
        other.delete([old.id])
    assert sqlite_store.writer.flush()
    assert sqlite_store.payload(shared.digest) == shared.data


def test_a_clock_that_is_put_back_holds_no_run_up(sqlite_store: Store, path: Path) -> None:
    run, _ = begun(1)
    run.started += 3_600_000_000_000
    sqlite_store.writer.run(run)
    until(lambda: seen(path) == [(run.id, "running")])


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(sizes=st.lists(st.integers(1, 1100), min_size=1, max_size=3))
def test_batches_of_any_size_are_written_whole(sqlite_store: Store, sizes: list[int]) -> None:
    before = sqlite_store.counts()
    for index, size in enumerate(sizes):
        number = before.runs + index
        run = a_run(number)
        sqlite_store.writer.run(run)
        for span in range(1, size + 1):
            sqlite_store.writer.span(a_span(run, span))
        assert sqlite_store.writer.flush()
        assert [span.number for span in sqlite_store.spans(run.id)] == list(range(1, size + 1))


def test_threads_may_hand_over_at_once(store: Store) -> None:
    def hand_over(first: int) -> None:
        for number in range(first, first + 200):
            run = a_run(number)
            store.writer.run(run)
            store.writer.span(a_span(run))
            store.writer.payload(encode(number))

    threads = [threading.Thread(target=hand_over, args=(start,)) for start in (0, 1000, 2000, 3000)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert store.writer.flush()
    counts = store.counts()
    assert (counts.runs, counts.spans, counts.payloads) == (800, 800, 800)
    assert store.writer.dropped == 0


def test_a_record_that_no_database_takes_is_lost_alone_and_counted(
    store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    run = a_run(1)
    store.writer.run(run)
    store.writer.span(a_span(run, 1))
    store.writer.span(a_span(run, 2, input="no digest"))
    store.writer.span(a_span(run, 3, ended=2**70))
    store.writer.span(a_span(run, 4))
    assert store.writer.flush()
    assert store.writer.flush()
    assert [span.number for span in store.spans(run.id)] == [1, 4]
    assert store.writer.dropped == 2
    assert store.run(run.id).dropped == 2
    assert len([r for r in caplog.records if r.name == "genops.store"]) == 1


def test_spans_of_a_run_that_was_never_written_are_counted(store: Store) -> None:
    store.writer.span(a_span(a_run(7)))
    assert store.writer.flush()
    assert store.writer.dropped == 1
    assert store.counts().spans == 0


def test_a_locked_database_breaks_nothing_and_loses_nothing_while_the_buffer_holds(
    sqlite_store: Store, path: Path
) -> None:
    locker = sqlite3.connect(path, isolation_level=None)
    locker.execute("BEGIN EXCLUSIVE")
    part = Component("tool", "t", {"name": "t"})
    lock = Lock.of("chain", [part])
    sqlite_store.writer.closure(lock, [part])
    runs = [a_run(number) for number in range(50)]
    for run in runs:
        sqlite_store.writer.run(run)
        sqlite_store.writer.span(a_span(run))
    assert not sqlite_store.writer.flush(timeout=0.2)
    locker.execute("ROLLBACK")
    assert sqlite_store.writer.flush()
    assert sqlite_store.counts().spans == 50
    assert sqlite_store.components_of(lock.digest) == [part]
    assert sqlite_store.writer.dropped == 0


def test_what_the_buffer_cannot_hold_is_dropped_with_one_warning_and_noted_on_the_run(
    sqlite_store: Store, path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    locker = sqlite3.connect(path, isolation_level=None)
    locker.execute("BEGIN EXCLUSIVE")
    writer = small_writer(sqlite_store, max_records=11)
    run = a_run(1)
    writer.run(run)
    for number in range(1, 31):
        writer.span(a_span(run, number))
    assert writer.dropped == 20
    assert ["were dropped" in message for message in caplog.messages].count(True) == 1
    locker.execute("ROLLBACK")
    assert writer.flush()
    assert sqlite_store.run(run.id).dropped == 20
    assert len(sqlite_store.spans(run.id)) == 10
    run.status = "error"
    writer.run(run)
    assert writer.flush()
    assert sqlite_store.run(run.id).dropped == 20
    writer.close()


def test_it_tells_who_makes_more_than_a_database_takes_that_works(store: Store) -> None:
    writer = small_writer(store, max_records=400)
    run = a_run(1)
    writer.run(run)
    for number in range(1, 99):
        writer.span(a_span(run, number))
    assert not writer.is_crowded
    writer.span(a_span(run, 99))
    assert writer.is_crowded
    assert writer.flush()
    assert not writer.is_crowded
    assert writer.dropped == 0
    writer.close()


def test_a_database_that_fails_or_hangs_is_waited_for_by_nobody(
    sqlite_store: Store, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    locker = sqlite3.connect(path, isolation_level=None)
    locker.execute("BEGIN EXCLUSIVE")
    monkeypatch.setattr("genops.store.writer._LONGEST_WRITE", 0.3)
    writer = small_writer(sqlite_store, max_records=40)
    run = a_run(1)
    writer.run(run)
    for number in range(1, 15):
        writer.span(a_span(run, number))
    assert writer.is_crowded
    until(lambda: not writer.is_crowded)
    assert writer.trouble is None
    monkeypatch.setattr("genops.store.writer._LONGEST_WRITE", 3_600.0)
    until(lambda: writer.trouble is not None)
    assert not writer.is_crowded
    locker.execute("ROLLBACK")
    assert writer.flush()
    assert (writer.dropped, len(sqlite_store.spans(run.id))) == (0, 14)
    writer.close()


def test_a_payload_that_found_no_room_makes_its_run_incomplete(sqlite_store: Store, path: Path) -> None:
    locker = sqlite3.connect(path, isolation_level=None)
    locker.execute("BEGIN EXCLUSIVE")
    writer = small_writer(sqlite_store, max_bytes=100)
    run, big = a_run(1), encode("x" * 101)
    writer.run(run)
    writer.payload(big)
    writer.span(a_span(run, input=big.digest))
    locker.execute("ROLLBACK")
    assert writer.flush()
    assert writer.flush()
    assert writer.dropped == 1
    assert sqlite_store.run(run.id).dropped == 1
    writer.close()


def test_closing_beside_a_locked_database_gives_up_in_time_and_counts(sqlite_store: Store, path: Path) -> None:
    locker = sqlite3.connect(path, isolation_level=None)
    locker.execute("BEGIN EXCLUSIVE")
    writer = small_writer(sqlite_store)
    run = a_run(1)
    writer.run(run)
    writer.span(a_span(run))
    writer.close(timeout=0.1)
    assert writer.dropped == 2
    writer.run(run)
    assert writer.dropped == 3


@pytest.mark.postgres
def test_a_lost_connection_is_made_again_and_nothing_is_lost(new_postgres: Callable[[], str]) -> None:
    with Store.open(new_postgres()) as store:
        run = a_run(1)
        store.writer.run(run)
        assert store.writer.flush()
        with store._engine.begin() as connection:
            others = "FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND datname = current_database()"
            cut = connection.exec_driver_sql(f"SELECT pg_terminate_backend(pid) {others}").all()
        assert cut == [(True,)]
        store.writer.span(a_span(run))
        assert store.writer.flush()
        assert (store.counts().spans, store.writer.dropped) == (1, 0)


WRITING = """
import sys
from genops.artifacts import encode
from genops.store import RunRecord, SpanRecord, Store

store = Store.open(sys.argv[1])
first = int(sys.argv[2])
number = first
while number < first + int(sys.argv[3]):
    run = RunRecord(f"{number:032x}", "t", "chain", number)
    store.writer.run(run)
    payload = encode({"number": number})
    store.writer.payload(payload)
    span = SpanRecord(run.id, 1, None, "ab" * 8, "path", "step", "step", number, input=payload.digest)
    store.writer.span(span)
    if number % 2:
        span.status = run.status = "ok"
        store.writer.span(span)
        store.writer.run(run)
    number += 1
    if sys.argv[4] == "report" and number % 50 == 0 and store.writer.flush():
        print(number, flush=True)
store.close()
"""


def start_writing(url: str, first: int, count: int, mode: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", textwrap.dedent(WRITING), url, str(first), str(count), mode]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def test_after_kill_9_everything_flushed_is_there_and_the_rest_is_whole_or_absent(url: str) -> None:
    Store.open(url).close()
    process = start_writing(url, 0, 10**9, "report")
    assert process.stdout is not None
    flushed = [int(process.stdout.readline()) for _ in range(5)][-1]
    process.send_signal(signal.SIGKILL)
    process.wait()
    with Store.open(url) as store:
        counts = store.counts()
        assert counts.runs >= flushed
        assert counts.spans == counts.runs
        unfinished = {run.id for run in store.iter_runs(RunFilter(status="running"))}
        assert {f"{number:032x}" for number in range(0, flushed, 2)} <= unfinished
        run = store.run(f"{flushed - 1:032x}")
        (span,) = store.spans(run.id)
        assert (run.status, span.status) == ("ok", "ok")
        assert span.input is not None
        assert store.payload(span.input) is not None


@pytest.mark.slow
def test_two_processes_may_write_at_once(url: str) -> None:
    processes = [start_writing(url, first, 2000, "quiet") for first in (0, 10_000)]
    assert [process.wait(timeout=60) for process in processes] == [0, 0]
    with Store.open(url) as store:
        counts = store.counts()
    assert (counts.runs, counts.spans, counts.payloads) == (4000, 4000, 4000)


def test_a_process_that_ends_without_closing_loses_nothing(path: Path) -> None:
    program = textwrap.dedent(WRITING).replace("store.close()\n", "")
    command = [sys.executable, "-c", program, f"sqlite:///{path}", "0", "300", "quiet"]
    subprocess.run(command, check=True, timeout=60)
    with Store.open(f"sqlite:///{path}") as store:
        assert store.counts().runs == 300


def _write_in_child(store: Store) -> None:
    run = a_run(2)
    store.writer.run(run)
    store.writer.span(a_span(run))
    os._exit(0 if store.writer.flush() and store.run(run.id).id == run.id else 1)


def test_a_fork_writes_by_itself_and_leaves_the_parent_alone(store: Store) -> None:
    first, third = a_run(1), a_run(3)
    store.writer.run(first)
    assert store.writer.flush()
    child = multiprocessing.get_context("fork").Process(target=_write_in_child, args=(store,))
    child.start()
    child.join(30)
    assert child.exitcode == 0
    store.writer.run(third)
    store.writer.span(a_span(first))
    assert store.writer.flush()
    counts = store.counts()
    assert (counts.runs, counts.spans, store.writer.dropped) == (3, 2, 0)


def test_records_are_flat_in_memory_however_many_runs_there_are(sqlite_store: Store) -> None:
    writer = small_writer(sqlite_store)
    for number in range(12_000):
        run = a_run(number)
        writer.run(run)
        writer.payload(encode(number))
        writer.payload(encode(-number))
        if number % 3000 == 2999:
            assert writer.flush()
    target = writer._target
    assert target is not None
    assert 0 < len(target._keys) <= 8192 + 3000
    assert 0 < len(target._written) <= 16384 + 6000
    assert (writer._waiting, writer._bytes) == (0, 0)
    writer.close()


def test_a_log_handler_that_is_recorded_itself_does_not_stop_the_writer(sqlite_store: Store, path: Path) -> None:
    writer = small_writer(sqlite_store, max_records=1)
    run = a_run(1)

    class Recorded(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            other = threading.Thread(target=writer.run, args=(a_run(2),))
            other.start()
            other.join(30)
            assert not other.is_alive()

    handler = Recorded()
    logging.getLogger("genops.store").addHandler(handler)
    try:
        locker = sqlite3.connect(path, isolation_level=None)
        locker.execute("BEGIN EXCLUSIVE")
        writer.run(run)
        writer.span(a_span(run))
    finally:
        logging.getLogger("genops.store").removeHandler(handler)
        locker.execute("ROLLBACK")
    assert writer.dropped == 2
    assert writer.flush()
    writer.close()
