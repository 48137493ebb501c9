"""Connections to a backend: kept for the next search, given back when they are told to, and of one process each."""

import multiprocessing
import os
import threading

import psycopg
import pytest
from qdrant_client import QdrantClient

from genops.retrieval import build_index, close_backends, open_index
from genops.retrieval.backends import backend_of
from genops.retrieval.backends.postgres import database
from tests.retrieval.backends.projects import notes, settings_of

FOLDER = "qdrant+path:"


@pytest.fixture
def settings(tmp_path, url):
    made = settings_of(tmp_path / "project", url)
    build_index(made, "docs", notes("Whales live in the sea.", "Bread is baked."))
    return made


def is_held(url):
    """Whether this process has connections to a server, or keeps others out of a folder."""
    if url.startswith(FOLDER):
        try:
            QdrantClient(path=url.removeprefix(FOLDER)).close()
        except RuntimeError as error:
            assert "already accessed" in str(error)  # noqa: PT017
            return True
        return False
    return bool(sessions(url))


def sessions(url):
    """Process ids of the server for genops' connections to a database."""
    asked = "SELECT pid FROM pg_stat_activity WHERE application_name = 'genops' AND datname = current_database()"
    with psycopg.connect(url) as connection:
        return {pid for (pid,) in connection.execute(asked)}


def first(settings):
    return open_index(settings, "docs").search("whales", 1)[0].text


def test_a_project_gives_back_what_it_holds_and_connects_again_when_it_must(settings, url, tmp_path):
    assert first(settings) == "Whales live in the sea."
    assert is_held(url)
    close_backends(tmp_path / "other")
    assert is_held(url)
    close_backends(settings.root)
    assert not is_held(url)
    assert first(settings) == "Whales live in the sea."
    close_backends()
    assert not is_held(url)


def test_what_is_in_use_is_not_taken_away(settings, url):
    backend = backend_of(settings, "docs")
    uses = backend.connection.client if url.startswith(FOLDER) else backend.database.connection
    with uses() as used:
        close_backends()
        assert used.collection_exists("genops_indexes") if url.startswith(FOLDER) else used.execute("SELECT 1")
        assert is_held(url)
    close_backends()
    assert not is_held(url)


def test_a_search_is_not_disturbed_by_another_thread_that_gives_back(settings):
    over = threading.Event()

    def give_back():
        while not over.is_set():
            close_backends()

    other = threading.Thread(target=give_back)
    other.start()
    try:
        assert [first(settings) for _ in range(10)] == ["Whales live in the sea."] * 10
    finally:
        over.set()
        other.join()


def test_two_projects_that_share_an_index_are_told_of_their_own_files(tmp_path, url):
    here, there = (settings_of(tmp_path / name, url, sources=["*.md"]) for name in ("here", "there"))
    for made in (here, there):
        (made.root / "sea.md").write_text("Whales live in the sea.")
    build_index(here, "docs")
    (there.root / "sea.md").unlink()
    assert [open_index(made, "docs").search("whales", 1)[0].stale for made in (here, there)] == [None, "removed"]


def _search_in_child(settings):
    os._exit(0 if first(settings) == "Whales live in the sea." else 1)


@pytest.mark.postgres
def test_a_fork_connects_by_itself_and_leaves_the_parent_alone(tmp_path, new_url):
    url = new_url("postgresql")
    settings = settings_of(tmp_path / "project", url)
    build_index(settings, "docs", notes("Whales live in the sea."))
    assert first(settings)
    before = sessions(url)
    with database.Database.at(url)._lock:  # as another thread may hold it at that moment
        child = multiprocessing.get_context("fork").Process(target=_search_in_child, args=(settings,))
        child.start()
    child.join(30)
    assert child.exitcode == 0
    assert first(settings) == "Whales live in the sea."
    assert sessions(url) == before
