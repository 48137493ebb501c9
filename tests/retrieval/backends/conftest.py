"""Backends for tests: Qdrant's local mode always, PostgreSQL with pgvector where it is installed."""

import pytest

BACKENDS = ["qdrant"]


@pytest.fixture(scope="session", params=BACKENDS)
def shared_url(request, tmp_path_factory):
    """The URL of a backend that the tests of a module share."""
    return f"qdrant+path:{tmp_path_factory.mktemp('qdrant')}"


@pytest.fixture(params=BACKENDS)
def url(request, tmp_path):
    """The URL of an empty backend."""
    return f"qdrant+path:{tmp_path / 'qdrant'}"
