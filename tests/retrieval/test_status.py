import pytest

from genops.errors import ReferenceNotFound
from genops.retrieval import build_index, status


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
