"""A new file gets its write-ahead log, whoever else opens it at the same time."""

import sqlite3
import subprocess
import sys
import time

import pytest

from genops.store.wal import use_wal

OPEN = """
import pathlib, sqlite3, sys, time
from genops.store.wal import use_wal
print("ready", flush=True)
begin = float(input())
for number in range(20):
    connection = sqlite3.connect(pathlib.Path(sys.argv[1]) / f"{number}.db", timeout=0)
    while time.time() < begin + number / 20:
        pass
    use_wal(connection, 30.0)
"""


@pytest.fixture
def holder(tmp_path):
    """A connection that is about to write the first table of a file."""
    connection = sqlite3.connect(tmp_path / "new.db", isolation_level=None)
    connection.execute("BEGIN EXCLUSIVE")
    connection.execute("CREATE TABLE first (id INTEGER)")
    yield connection
    connection.close()


@pytest.fixture
def other(tmp_path, holder):
    connection = sqlite3.connect(tmp_path / "new.db", timeout=0)
    yield connection
    connection.close()


def test_it_waits_for_who_holds_the_lock(holder, other, monkeypatch):
    monkeypatch.setattr(time, "sleep", lambda _: holder.execute("COMMIT"))
    use_wal(other, 30.0)
    assert other.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    assert not holder.in_transaction, "it was there while the lock was held"


def test_it_gives_up_after_its_time(holder, other):
    with pytest.raises(sqlite3.OperationalError, match="locked"):
        use_wal(other, 0.05)


def test_what_no_waiting_heals_is_told_at_once(tmp_path):
    (tmp_path / "new.db").write_bytes(b"no database at all, but a text of some length" * 20)
    with pytest.raises(sqlite3.DatabaseError, match="not a database"):
        use_wal(sqlite3.connect(tmp_path / "new.db"), 3_600.0)


@pytest.mark.slow
def test_processes_that_open_a_new_file_in_the_same_moment_all_do(tmp_path):
    command = [sys.executable, "-c", OPEN, str(tmp_path)]
    both = [subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    for process in both:
        assert process.stdout.readline() == "ready\n"
    begin = f"{time.time() + 0.1}\n"
    for process in both:
        process.stdin.write(begin)
        process.stdin.flush()
    assert [process.wait(timeout=60) for process in both] == [0, 0]
    for file in tmp_path.glob("*.db"):
        assert sqlite3.connect(file).execute("PRAGMA journal_mode").fetchone() == ("wal",)
