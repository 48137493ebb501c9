from genops.retrieval import build_index, open_index
from genops.retrieval.compare import compare_documents, compare_hits


def test_documents_and_settings_are_told_apart(settings, settings_for, project):
    before = build_index(settings, "docs")
    (project / "docs/new.md").write_text("# New\n\nVolcanoes.\n")
    (project / "docs/replay.md").unlink()
    (project / "docs/notes.txt").write_text("Something else.")
    after = build_index(settings_for(language="es", search={"k1": 2.0}), "docs")
    found = compare_documents(before, after)
    assert (found.added, found.removed, found.changed) == (("docs/new.md",), ("docs/replay.md",), ("docs/notes.txt",))
    assert found.settings == ("analyzer", "search")
    assert compare_documents(after, after).added == compare_documents(after, after).settings == ()


def test_a_passage_among_the_best_is_the_same_moved_appeared_or_vanished(settings, project):
    first = build_index(settings, "docs").digest
    (project / "docs/new.md").write_text("# Whales\n\nWhales, whales, whales in the sea.\n")
    second = build_index(settings, "docs").digest
    old, new = (open_index(settings, "docs", digest) for digest in (first, second))
    fates = {item.hit.uri: item.fate for item in compare_hits(old, new, "whales", 2)}
    assert fates["docs/new.md"] == "appeared"
    assert fates["docs/notes.txt"] == "moved"
    assert "vanished" in {item.fate for item in compare_hits(old, new, "whales", 2)}
    assert {item.fate for item in compare_hits(new, new, "whales", 3)} == {"same"}
    assert [item.hit.rank for item in compare_hits(new, new, "whales", 3)] == [1, 2, 3]
