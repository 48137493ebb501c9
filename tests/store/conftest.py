from __future__ import annotations

import itertools
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from genops.artifacts import Component, Lock
from genops.store import Store
from tests.store.disks import disk, tmpfs

__all__ = ["disk", "tmpfs"]

DEBIAN = "/usr/lib/postgresql"
HINT = "PostgreSQL's programs are missing: apt-get install -y postgresql"


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """A throw-away cluster on a Unix socket: the part of a URL after the database's name."""
    binaries = _binaries()
    with tempfile.TemporaryDirectory(prefix="genops-pg-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        unprivileged = _unprivileged(folder)
        data = folder / "data"
        options = f"-k {folder} -c listen_addresses='' -c fsync=off -c max_connections=50"
        _call(unprivileged, binaries / "initdb", "-D", data, "-A", "trust", "-U", "genops", "-E", "UTF8", "--no-sync")
        start = (binaries / "pg_ctl", "-D", data, "-o", options, "-l", folder / "log", "-w", "start")
        _call(unprivileged, *start)
        try:
            yield f"?host={folder}"
        finally:
            _call(unprivileged, binaries / "pg_ctl", "-D", data, "-m", "immediate", "-w", "stop")


@pytest.fixture
def new_postgres(postgres_server: str, request: pytest.FixtureRequest) -> Callable[[], str]:
    """Makes an empty database; its URL."""
    import psycopg

    numbers = itertools.count()

    def make() -> str:
        name = f"test_{os.getpid()}_{abs(hash(request.node.nodeid))}_{next(numbers)}"
        host = postgres_server.removeprefix("?host=")
        with psycopg.connect(f"host={host} user=genops dbname=postgres", autocommit=True) as connection:
            connection.execute(f'CREATE DATABASE "{name}"')
        return f"postgresql://genops@/{name}{postgres_server}"

    return make


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty database of each kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'genops.db'}"
    new = request.getfixturevalue("new_postgres")
    return str(new())


@pytest.fixture
def store(url: str) -> Iterator[Store]:
    with Store.open(url) as opened:
        yield opened


def _binaries() -> Path:
    versions = sorted(Path(DEBIAN).glob("*/bin/initdb"), key=lambda path: float(path.parts[-3]))
    found = str(versions[-1]) if versions else shutil.which("initdb")
    if found is None:
        pytest.fail(HINT, pytrace=False)
    return Path(found).parent


def _unprivileged(folder: Path) -> list[str]:
    """PostgreSQL refuses to run as root."""
    if os.geteuid() != 0:
        return []
    import pwd

    known = {entry.pw_name for entry in pwd.getpwall()}
    user = "postgres" if "postgres" in known else "nobody"
    shutil.chown(folder, user)
    return ["runuser", "-u", user, "--"]


def _call(prefix: list[str], *command: object) -> None:
    subprocess.run([*prefix, *map(str, command)], check=True, stdout=subprocess.DEVNULL, timeout=60, cwd="/")


def keep_closure(store: Store, lock: Lock, parts: Sequence[Component]) -> None:
    """Stores a lock with its components, as a run under it does."""
    store.writer.closure(lock, parts)
    assert store.writer.flush()
