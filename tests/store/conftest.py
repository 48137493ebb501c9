from __future__ import annotations

import itertools
import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from genops.artifacts import Component, Lock
from genops.store import Store
from tests.servers.postgres import new_database, running
from tests.store.disks import disk, tmpfs

__all__ = ["disk", "tmpfs"]

DEBIAN = "/usr/lib/postgresql"
HINT = "PostgreSQL's programs are missing: apt-get install -y postgresql"


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[Path]:
    """The folder of a throw-away cluster's socket."""
    binaries = _binaries()
    with running(binaries) as folder:
        yield folder


@pytest.fixture
def new_postgres(postgres_server: Path, request: pytest.FixtureRequest) -> Callable[[], str]:
    """Makes an empty database; its URL."""
    numbers = itertools.count()

    def make() -> str:
        return new_database(postgres_server, f"test_{os.getpid()}_{abs(hash(request.node.nodeid))}_{next(numbers)}")

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


def keep_closure(store: Store, lock: Lock, parts: Sequence[Component]) -> None:
    """Stores a lock with its components, as a run under it does."""
    store.writer.closure(lock, parts)
    assert store.writer.flush()
