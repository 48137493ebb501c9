from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from genops.errors import ExitCode, StoreError, StoreUnavailable
from genops.store import RunRecord, Store
from genops.store.database import Database
from tests.store.disks import Tmpfs

RUN = RunRecord("ab" * 16, "t", "chain", 1_700_000_000_000_000_000)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "genops.db"


@pytest.fixture(params=["new", "there", "in use"])
def locker(request: pytest.FixtureRequest, path: Path) -> Iterator[sqlite3.Connection]:
    """Holds the database exclusively: one that is being made, one that nobody else may even read, one in use."""
    if request.param != "new":
        Store.open(f"sqlite:///{path}").close()
    connection = sqlite3.connect(path, isolation_level=None)
    if request.param == "there":
        connection.execute("PRAGMA locking_mode = EXCLUSIVE")
    connection.execute("BEGIN EXCLUSIVE")
    connection.execute("CREATE TABLE theirs (number)")
    yield connection
    connection.close()


def told(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.message for record in caplog.records if record.name == "genops.store"]


def test_nothing_is_opened_before_it_is_needed(path: Path) -> None:
    database = Database(f"sqlite:///{path}")
    assert not path.exists()
    database.engine()
    assert path.exists()


def test_a_database_that_is_locked_when_runs_open_it_gets_the_records_later(
    path: Path, locker: sqlite3.Connection, caplog: pytest.LogCaptureFixture
) -> None:
    with Store.open_for_runs(f"sqlite:///{path}") as store:
        store.writer.run(RUN)
        while not told(caplog):
            time.sleep(0.02)
        assert [message.partition(": the store")[0] for message in told(caplog)] == [
            "records of runs cannot be written and wait"
        ]
        assert "database is locked" in caplog.text
        locker.execute("ROLLBACK")
        locker.close()
        assert store.writer.flush()
        assert store.run(RUN.id).chain == "chain"
        assert store.writer.dropped == 0
        assert len(told(caplog)) == 1


def test_a_run_looks_nothing_up_in_a_database_that_it_cannot_reach(path: Path, locker: sqlite3.Connection) -> None:
    store = Store.open_for_runs(f"sqlite:///{path}")
    store.cache_response("answered", b"answer")
    assert store.cached_response("answered") == b"answer"
    assert store.cached_response("never") is None
    assert store.memo_results(["never"]) == {}
    store.writer.close(0.1)
    store.close()


def test_a_run_looks_nothing_up_in_a_database_that_becomes_locked(path: Path) -> None:
    with Store.open_for_runs(f"sqlite:///{path}") as store:
        store.cache_response("key", b"answer")
        assert store.writer.flush()
        store.close()
        locker = sqlite3.connect(path, isolation_level=None)
        locker.execute("PRAGMA locking_mode = EXCLUSIVE")
        locker.execute("BEGIN EXCLUSIVE")
        assert store.cached_response("key") is None
        locker.execute("ROLLBACK")
        locker.close()
        assert store.cached_response("key") == b"answer"


def test_a_full_disk_is_waited_for_by_runs_and_an_error_for_everything_else(tmpfs: Tmpfs) -> None:
    url = f"sqlite:///{tmpfs.folder}/new/genops.db"
    tmpfs.fill()
    with pytest.raises(StoreUnavailable, match=r"full|No space left") as refused:
        Store.open(url)
    assert refused.value.hint == "free some disk space"
    assert refused.value.exit_code is ExitCode.UNFINISHED
    with Store.open_for_runs(url) as store:
        store.writer.run(RUN)
        assert not store.writer.flush(0.2)
        for asks in (store.runs, store.counts, lambda: store.published_names("chain")):
            with pytest.raises(StoreUnavailable, match=r"full|No space left"):
                asks()
        with pytest.raises(StoreUnavailable, match=r"full|No space left"):
            store.move_label("chain", "answer", "production", 1, "why", "who")
        tmpfs.free()
        assert store.writer.flush()
        assert [run.id for run in store.runs()] == [RUN.id]
        assert store.writer.dropped == 0


def test_a_disk_that_may_not_be_written_is_no_error_for_runs(tmpfs: Tmpfs, caplog: pytest.LogCaptureFixture) -> None:
    tmpfs.make_read_only()
    url = f"sqlite:///{tmpfs.folder}/genops.db"
    with pytest.raises(StoreUnavailable, match="Read-only"):
        Store.open(url)
    store = Store.open_for_runs(url)
    store.writer.run(RUN)
    store.writer.close(0.5)
    store.close()
    assert store.writer.dropped == 1
    waiting, dropped = told(caplog)
    assert "Read-only file system" in waiting
    assert dropped.startswith("1 record(s) of runs were dropped, the runs go on: the store sqlite:///")


def test_a_server_that_is_away_is_no_error_for_runs(tmp_path: Path) -> None:
    store = Store.open_for_runs(f"postgresql://user:hunter2@/db?host={tmp_path}")
    store.writer.run(RUN)
    assert store.cached_response("key") is None
    with pytest.raises(StoreUnavailable, match="connect"):
        store.runs()
    store.writer.close(0.1)
    store.close()
    assert store.writer.dropped == 1


def broken_file(path: Path) -> None:
    path.write_bytes(b"this was never a database, only text that is long enough" * 100)


def newer_store(path: Path) -> None:
    Store.open(f"sqlite:///{path}").close()
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")


def other_application(path: Path) -> None:
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE run (theirs TEXT)")


def folder(path: Path) -> None:
    path.mkdir()


@pytest.mark.parametrize(
    ("make", "said", "hint"),
    [
        (broken_file, "not a database", "move the file away"),
        (newer_store, "newer genops", "upgrade genops"),
        (other_application, "already exists", "another database"),
        (folder, "Is a directory", "another place"),
    ],
)
def test_what_waiting_never_heals_is_an_error_at_once_for_runs_too(
    path: Path, make: Callable[[Path], None], said: str, hint: str
) -> None:
    make(path)
    with pytest.raises(StoreError, match=said) as refused:
        Store.open_for_runs(f"sqlite:///{path}")
    assert hint in (refused.value.hint or "")
    assert not isinstance(refused.value, StoreUnavailable)


@pytest.mark.postgres
@pytest.mark.parametrize(("part", "wrong"), [("/test_", "/missing_"), ("genops@", "nobody_here@")])
def test_a_server_that_refuses_is_an_error_at_once_for_runs_too(
    new_postgres: Callable[[], str], part: str, wrong: str
) -> None:
    with pytest.raises(StoreError, match="does not exist") as refused:
        Store.open_for_runs(new_postgres().replace(part, wrong))
    assert not isinstance(refused.value, StoreUnavailable)
    assert "user and database" in (refused.value.hint or "")
