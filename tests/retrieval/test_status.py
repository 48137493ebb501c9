import os
import time

import pytest

from genops.errors import ReferenceNotFound
from genops.retrieval import Document, build_index, open_index, status, update_index


def test_before_the_first_build_everything_is_new(settings):
    found = status(settings, "docs")
    assert (found.snapshot, found.fresh) == (None, False)
    assert found.added == ("docs/locks.md", "docs/notes.txt", "docs/replay.md")


def test_after_a_build_it_is_fresh(settings):
    snapshot = build_index(settings, "docs")
    found = status(settings, "docs")
    assert (found.snapshot, found.fresh) == (snapshot.digest, True)


def test_a_touched_file_is_no_change(settings, project):
    build_index(settings, "docs")
    path = project / "docs/notes.txt"
    path.write_bytes(path.read_bytes())
    assert status(settings, "docs").fresh


def test_sources_are_told_apart(settings, project):
    build_index(settings, "docs")
    (project / "docs/notes.txt").write_text("something else")
    (project / "docs/locks.md").unlink()
    (project / "docs/new.md").write_text("# New")
    found = status(settings, "docs")
    assert (found.added, found.removed, found.changed) == (("docs/new.md",), ("docs/locks.md",), ("docs/notes.txt",))
    assert not found.settings_changed
    assert not found.fresh


@pytest.mark.parametrize("changes", [{"chunk_tokens": 40}, {"embedder": "hashing-salted"}])
def test_other_settings_are_a_change(settings, settings_for, changes):
    build_index(settings, "docs")
    found = status(settings_for(**changes), "docs")
    assert found.settings_changed
    assert not found.fresh


def test_an_unknown_index_lists_the_nearest(settings):
    with pytest.raises(ReferenceNotFound, match="did you mean docs"):
        status(settings, "dcos")


DAY = 86_400


@pytest.fixture
def aging(settings_for, project):
    """Settings under which a note counts as fresh for a day; it is ten days old."""
    ten_days_ago = time.time() - 10 * DAY
    os.utime(project / "docs/notes.txt", (ten_days_ago, ten_days_ago))
    return settings_for(sources=[{"path": "docs/notes.txt", "ttl": "1d"}, "docs/*.md"])


def test_a_document_past_its_time_to_live_is_expired_until_it_is_renewed_and_built(aging, project):
    build_index(aging, "docs")
    assert status(aging, "docs").expired == ("docs/notes.txt",)
    os.utime(project / "docs/notes.txt")
    assert status(aging, "docs").expired == ("docs/notes.txt",)
    build_index(aging, "docs")
    assert status(aging, "docs").fresh
    assert not any(hit.stale for hit in open_index(aging, "docs").search("whales", 10))


def test_a_new_time_is_stored_and_nothing_else_changes(aging, project, embedder, passages):
    before = build_index(aging, "docs")
    held = passages(before)
    embedder.encoded.clear()
    os.utime(project / "docs/notes.txt")
    after = build_index(aging, "docs")
    assert after.digest == before.digest
    assert not {passage.embedded_text for _, passage in held} & set(embedder.encoded)
    assert [passage for _, passage in passages(after)] == [passage for _, passage in held]
    times = {record.id: record.modified for record in after.records()}
    assert times["docs/notes.txt"] == (project / "docs/notes.txt").stat().st_mtime_ns
    assert build_index(aging, "docs").manifest.built_at == after.manifest.built_at


@pytest.mark.parametrize("compact", [False, True])
def test_a_new_time_outlives_the_builds_that_follow(aging, project, compact):
    build_index(aging, "docs")
    os.utime(project / "docs/notes.txt")
    build_index(aging, "docs")
    (project / "docs/new.md").write_text("# New\n\nMore of it.\n")
    build_index(aging, "docs", compact=compact)
    assert status(aging, "docs").fresh


def test_a_document_from_python_is_renewed_by_an_update(settings_for):
    settings = settings_for(sources=[])
    old, young = (Document("a", "a", "Tea.", modified=time.time_ns() - age * DAY * 10**9, ttl=DAY) for age in (10, 0))
    build_index(settings, "docs", [old])
    assert status(settings, "docs").expired == ("a",)
    update_index(settings, "docs", [young])
    assert status(settings, "docs").fresh
