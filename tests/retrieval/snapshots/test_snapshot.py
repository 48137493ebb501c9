import shutil
from pathlib import Path

import numpy as np
import orjson
import pytest

from genops.artifacts import digest_of
from genops.errors import ReferenceNotFound, SnapshotError
from genops.retrieval import (
    build_index,
    collect_garbage,
    current_digest,
    find_snapshot,
    list_snapshots,
    open_index,
    rollback_index,
    snapshot_history,
    use_snapshot,
)
from genops.retrieval.snapshots.folder import index_folder


@pytest.fixture
def two(settings, settings_for):
    """Two snapshots of the index, the second in use."""
    return build_index(settings, "docs"), build_index(settings_for(chunk_tokens=40), "docs")


def file_of(snapshot, name):
    """A file of the snapshot that is its alone: no other shares its bytes."""
    path = next(snapshot.folder.rglob(name))
    data = path.read_bytes()
    path.unlink()
    path.write_bytes(data)
    return path


def rewrite(snapshot, change):
    """Edits a manifest as someone would who knows the checksum."""
    path = snapshot.folder / "manifest.json"
    content = orjson.loads(path.read_bytes())
    content.pop("checksum")
    change(content)
    path.write_bytes(orjson.dumps({**content, "checksum": digest_of(content)}))


def test_an_older_snapshot_can_be_used_again(two, settings):
    old, new = two
    assert current_digest(settings, "docs") == new.digest
    assert use_snapshot(settings, "docs", old.digest[:10]).digest == old.digest
    assert current_digest(settings, "docs") == old.digest == open_index(settings, "docs").snapshot


def test_a_snapshot_opens_by_the_beginning_of_its_digest(two, settings):
    for snapshot in two:
        assert open_index(settings, "docs", snapshot.digest[:8]).snapshot == snapshot.digest


def test_an_unknown_or_ambiguous_beginning_is_an_error(two, settings):
    with pytest.raises(ReferenceNotFound, match="no snapshot begins with 'zz'"):
        find_snapshot(settings, "docs", "zz")
    folder = two[0].folder.parent
    shutil.copytree(two[0].folder, folder / (two[0].digest[:-1] + ("0" if two[0].digest[-1] != "0" else "1")))
    with pytest.raises(ReferenceNotFound, match="2 snapshots begin"):
        find_snapshot(settings, "docs", two[0].digest[:20])


def test_the_list_has_every_readable_snapshot(two, settings):
    assert {snapshot.digest for snapshot in list_snapshots(settings, "docs")} == {snapshot.digest for snapshot in two}
    (two[0].folder / "manifest.json").unlink()
    assert [snapshot.digest for snapshot in list_snapshots(settings, "docs")] == [two[1].digest]


@pytest.mark.parametrize("file", ["index.faiss", "texts.bin", "bm25.terms.jsonl", "sources.jsonl"])
@pytest.mark.parametrize("damage", [lambda data: data[:-1], lambda data: data[:-1] + b"?", None])
def test_a_damaged_file_is_found_when_opened(two, settings, file, damage):
    path = file_of(two[1], file)
    if damage is None:
        path.unlink()
    else:
        path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(SnapshotError, match=rf"{file}: .*\n  build it with `genops index build docs`"):
        open_index(settings, "docs")


def test_a_damaged_snapshot_is_not_put_in_use(two, settings):
    file_of(two[0], "index.faiss").write_bytes(b"")
    with pytest.raises(SnapshotError, match="changed or damaged"):
        use_snapshot(settings, "docs", two[0].digest)
    assert current_digest(settings, "docs") == two[1].digest


def test_a_file_that_changes_after_opening_is_not_loaded(two, settings):
    index = open_index(settings, "docs")
    file_of(two[1], "index.faiss").write_bytes(b"")
    with pytest.raises(SnapshotError, match="changed or damaged"):
        index.search("lock", 1)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "cannot be read"),
        (b"\xff{}", "cannot be read"),
        (b"[]", "format None"),
        (b'{"format": 0}', "format 0, and this genops reads 4"),
        (b'{"format": 4}', "incomplete"),
        (None, "has no manifest"),
    ],
)
def test_a_manifest_that_is_none_says_how_to_rebuild(two, settings, data, words):
    path = two[1].folder / "manifest.json"
    path.unlink() if data is None else path.write_bytes(data)
    with pytest.raises(SnapshotError, match=rf"{words}.*\n  build it with `genops index build docs`"):
        open_index(settings, "docs")


def test_an_edited_manifest_is_found(two, settings):
    path = two[1].folder / "manifest.json"
    path.write_bytes(path.read_bytes().replace(b'"tokens": 40', b'"tokens": 41'))
    with pytest.raises(SnapshotError, match="edited or damaged"):
        open_index(settings, "docs")


@pytest.mark.parametrize(
    "change",
    [lambda content: content["identity"]["chunker"].update(tokens=41), lambda content: content.update(digest="0" * 64)],
)
def test_a_manifest_of_another_identity_is_found(two, settings, change):
    rewrite(two[1], change)
    with pytest.raises(SnapshotError, match="edited or damaged"):
        open_index(settings, "docs")


def test_counts_that_do_not_fit_the_files_are_found(two, settings):
    rewrite(two[1], lambda content: content["segments"][0].update(chunks=1))
    with pytest.raises(SnapshotError, match=r"4 vectors of 64 numbers, where .* 1 vectors"):
        open_index(settings, "docs").search("lock", 1)


@pytest.mark.parametrize("text", ["", "../../etc", "0" * 63])
def test_a_pointer_that_names_no_snapshot_is_an_error(two, settings, text):
    (two[0].folder.parent / "current").write_text(text)
    with pytest.raises(SnapshotError, match="does not name a snapshot"):
        open_index(settings, "docs")


def test_no_file_of_a_snapshot_is_a_pickle(two):
    for path in filter(Path.is_file, two[0].folder.rglob("*")):
        data = path.read_bytes()
        assert not data.startswith(b"\x80")
        if path.suffix == ".npy":
            np.load(path, allow_pickle=False)


def test_rollbacks_go_back_one_by_one_and_a_build_begins_anew(settings, settings_for):
    a, b, c = (build_index(settings_for(chunk_tokens=size), "docs").digest for size in (30, 31, 32))
    assert rollback_index(settings, "docs").digest == b
    assert rollback_index(settings, "docs").digest == a
    with pytest.raises(ReferenceNotFound, match="no snapshot was in use before"):
        rollback_index(settings, "docs")
    use_snapshot(settings, "docs", c)
    assert rollback_index(settings, "docs").digest == a
    assert [use.action for use in snapshot_history(settings, "docs")] == ["build"] * 3 + ["rollback"] * 2 + [
        "use",
        "rollback",
    ]


def test_a_rollback_to_what_was_removed_or_damaged_leaves_the_one_in_use(two, settings):
    file_of(two[0], "texts.bin").write_bytes(b"")
    with pytest.raises(SnapshotError, match="changed or damaged"):
        rollback_index(settings, "docs")
    shutil.rmtree(two[0].folder)
    with pytest.raises(ReferenceNotFound, match="was removed"):
        rollback_index(settings, "docs")
    assert current_digest(settings, "docs") == two[1].digest


def test_garbage_is_what_no_rollback_leads_to_and_nobody_pinned(settings, settings_for):
    built = [build_index(settings_for(chunk_tokens=size), "docs").digest for size in range(20, 26)]
    (index_folder(settings, "docs") / ".building-dead").mkdir()
    told = collect_garbage(settings, "docs", keep=2, pinned={built[1]}, dry_run=True)
    assert set(told.snapshots) == {built[0], built[2], built[3]}
    assert len(list_snapshots(settings, "docs")) == 6
    removed = collect_garbage(settings, "docs", keep=2, pinned={built[1]})
    assert (removed.snapshots, removed.abandoned) == (told.snapshots, 1)
    assert removed.bytes == told.bytes > 0
    assert {snapshot.digest for snapshot in list_snapshots(settings, "docs")} == {built[1], built[4], built[5]}
    assert rollback_index(settings, "docs").digest == built[4]


def test_what_shares_its_files_with_a_removed_snapshot_stays_whole(settings, project):
    first = build_index(settings, "docs").digest
    (project / "docs/locks.md").write_text("# Locks\n\nAnother lock.\n")
    second = build_index(settings, "docs")
    assert collect_garbage(settings, "docs", keep=1).snapshots == (first,)
    second.verify(again=True)
    assert open_index(settings, "docs").search("another lock", 1)[0].document == "docs/locks.md"
