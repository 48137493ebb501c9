from __future__ import annotations

import os
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from genops.errors import ExitCode, StoreError
from genops.store import Store
from genops.store.engine import parse_url


@pytest.mark.parametrize(
    "url", ["mysql://root@localhost/db", "sqlite://", "sqlite:///:memory:", "genops.db", "", "://", "redis://x"]
)
def test_only_an_sqlite_file_and_postgresql_are_stores(url: str) -> None:
    with pytest.raises(StoreError) as refused:
        Store.open(url)
    assert "sqlite:///PATH" in str(refused.value)
    assert refused.value.exit_code is ExitCode.UNFINISHED


def test_a_wrong_url_shows_no_password() -> None:
    with pytest.raises(StoreError) as refused:
        Store.open("mysql://root:hunter2@localhost/db")
    assert "hunter2" not in str(refused.value)


@pytest.mark.parametrize("scheme", ["postgresql", "postgres", "postgresql+psycopg", "postgresql+psycopg2"])
def test_postgresql_is_reached_through_psycopg(scheme: str) -> None:
    assert parse_url(f"{scheme}://user@host/db").drivername == "postgresql+psycopg"


def test_a_new_file_is_private_and_so_is_what_lies_beside_it(tmp_path: Path) -> None:
    path = tmp_path / "new" / "deep" / "genops.db"
    with Store.open(f"sqlite:///{path}") as store:
        store.cache_response("key", b"value")
        assert store.writer.flush()
        modes = {file.name: stat.S_IMODE(file.stat().st_mode) for file in path.parent.iterdir()}
    assert set(modes.values()) == {0o600}
    assert "genops.db-wal" in modes


def test_sqlite_writes_ahead_waits_and_checks_foreign_keys(tmp_path: Path) -> None:
    with Store.open(f"sqlite:///{tmp_path}/genops.db") as store, store._engine.connect() as connection:
        found = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        }
    assert found == {"journal_mode": "wal", "synchronous": 1, "foreign_keys": 1, "busy_timeout": 10_000}


def test_a_file_that_is_no_database_says_what_to_do(tmp_path: Path) -> None:
    path = tmp_path / "genops.db"
    path.write_bytes(b"this was never a database, only text that is long enough" * 100)
    with pytest.raises(StoreError, match="not a database") as refused:
        Store.open(f"sqlite:///{path}")
    assert "move the file away" in str(refused.value)
    assert path.read_bytes().startswith(b"this was never")


def test_a_damaged_database_says_what_to_do(tmp_path: Path) -> None:
    path = tmp_path / "genops.db"
    Store.open(f"sqlite:///{path}").close()
    whole = path.read_bytes()
    path.write_bytes(whole[:4096] + os.urandom(len(whole) - 4096))
    with pytest.raises(StoreError) as refused:
        Store.open(f"sqlite:///{path}").runs()
    assert "malformed" in str(refused.value)


def test_another_applications_database_is_not_taken_over_in_part(tmp_path: Path) -> None:
    path = tmp_path / "other.db"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE run (theirs TEXT)")
    with pytest.raises(StoreError, match="already exists"):
        Store.open(f"sqlite:///{path}")
    with sqlite3.connect(path) as connection:
        assert connection.execute("SELECT name FROM sqlite_master").fetchall() == [("run",)]


def test_a_place_where_nothing_can_be_made_says_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(StoreError, match="cannot be made"):
        Store.open(f"sqlite:///{tmp_path}/file/genops.db")


def test_a_server_that_cannot_be_reached_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(StoreError) as refused:
        Store.open(f"postgresql://user:hunter2@/db?host={tmp_path}")
    assert "check that the server runs" in str(refused.value)
    assert "hunter2" not in str(refused.value)


@pytest.mark.postgres
def test_a_database_that_does_not_exist_says_so(new_postgres: Callable[[], str]) -> None:
    with pytest.raises(StoreError, match="does not exist"):
        Store.open(new_postgres().replace("/test_", "/missing_"))


def test_importing_the_store_loads_no_database_library() -> None:
    program = "import sys, genops.store; print([m for m in ('sqlalchemy','sqlmodel','alembic') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout == "[]\n"
