import os
import shutil
import signal
import sys
import threading
from functools import partial

import faiss  # noqa: F401 - loaded before the forks, so that they are quick
import pytest

from genops.errors import DefinitionError, InputError, ReferenceNotFound, SnapshotError, Unfinished
from genops.retrieval import build_index, current_digest, list_snapshots, open_index, use_snapshot
from genops.retrieval.snapshot import index_folder
from tests.retrieval.conftest import CORPUS


def in_child(work):
    """Runs ``work`` in a process of its own; gives its exit status as ``os.waitstatus_to_exitcode`` does."""
    child = os.fork()
    if child == 0:
        status = 1
        try:
            work()
            status = 0
        finally:
            os._exit(status)
    return child


def exit_code(child):
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def leftovers(settings):
    folder = index_folder(settings, "docs")
    return [path.name for path in folder.iterdir() if path.name != "current" and len(path.name) != 64]


def test_a_build_is_put_in_use_whole(settings):
    snapshot = build_index(settings, "docs")
    assert current_digest(settings, "docs") == snapshot.digest == snapshot.folder.name
    assert {path.name for path in snapshot.folder.iterdir()} == {"manifest.json", "chunks.jsonl", "index.faiss"}
    assert (snapshot.manifest.documents, snapshot.manifest.chunks) == (3, len(snapshot.chunks()))
    assert leftovers(settings) == []


def test_every_chunk_is_a_span_of_its_source(settings, project):
    for chunk in build_index(settings, "docs").chunks():
        assert (project / chunk.uri).read_text(encoding="utf-8")[chunk.start : chunk.end] == chunk.text


def test_the_same_inputs_give_the_same_digest_anywhere_in_any_order(settings_for, tmp_path):
    elsewhere = tmp_path / "elsewhere"
    for uri in reversed(CORPUS):
        (elsewhere / uri).parent.mkdir(parents=True, exist_ok=True)
        (elsewhere / uri).write_bytes(CORPUS[uri].replace("\n", "\r\n").encode())
    here, there = settings_for(), settings_for(root=elsewhere, sources=["docs/*.txt", "docs/*.md"])
    one, two = build_index(here, "docs"), build_index(there, "docs")
    assert one.digest == two.digest
    assert one.manifest.files == two.manifest.files


@pytest.mark.parametrize("changes", [{"chunk_tokens": 40}, {"overlap_tokens": 4}, {"embedder": "hashing-salted"}])
def test_other_parameters_give_another_digest(settings_for, changes):
    assert build_index(settings_for(), "docs").digest != build_index(settings_for(**changes), "docs").digest


def test_a_second_build_of_the_same_does_nothing(settings, embedder):
    first = build_index(settings, "docs")
    embedder.encoded.clear()
    times = {path: path.stat().st_mtime_ns for path in first.folder.iterdir()}
    assert build_index(settings, "docs").digest == first.digest
    assert embedder.encoded == []
    assert {path: path.stat().st_mtime_ns for path in first.folder.iterdir()} == times


def test_a_rebuild_embeds_only_new_text(settings, embedder, project):
    build_index(settings, "docs")
    with (project / "docs/notes.txt").open("a") as stream:
        stream.write("\n" + "Rust never sleeps in the rain. " * 4)
    embedder.encoded.clear()
    second = build_index(settings, "docs")
    new = [text for text in embedder.encoded if "Rust" in text]
    assert new
    assert embedder.encoded[: len(new)] == new
    assert len(embedder.encoded) - len(new) == len(second.manifest.canaries)


def test_a_rebuild_from_kept_vectors_equals_a_full_one(settings, settings_for, project, tmp_path):
    build_index(settings, "docs")
    (project / "docs/more.md").write_text("# More\n\nAnother page.\n")
    incremental = build_index(settings, "docs")
    shutil.rmtree(index_folder(settings, "docs"))
    assert build_index(settings, "docs").manifest.files == incremental.manifest.files


def test_vectors_of_another_embedder_are_not_kept(settings_for):
    build_index(settings_for(), "docs")
    mixed = build_index(settings_for(embedder="hashing-salted"), "docs")
    shutil.rmtree(index_folder(settings_for(), "docs"))
    assert build_index(settings_for(embedder="hashing-salted"), "docs").manifest.files == mixed.manifest.files


def test_progress_counts_what_is_embedded(settings):
    seen = []
    snapshot = build_index(settings, "docs", lambda done, total: seen.append((done, total)))
    assert seen == [(0, snapshot.manifest.chunks), (snapshot.manifest.chunks, snapshot.manifest.chunks)]


def test_a_text_that_occurs_twice_is_embedded_once(settings, embedder, project):
    (project / "docs/copy.txt").write_bytes((project / "docs/notes.txt").read_bytes())
    build_index(settings, "docs")
    assert len(embedder.encoded) == len(set(embedder.encoded))


@pytest.mark.parametrize("file", ["index.faiss", "chunks.jsonl", "manifest.json"])
def test_a_damaged_snapshot_is_built_again(settings, file):
    snapshot = build_index(settings, "docs")
    intact = (snapshot.folder / "index.faiss").read_bytes()
    (snapshot.folder / file).write_bytes(b"damaged")
    build_index(settings, "docs").verify()
    assert (snapshot.folder / "index.faiss").read_bytes() == intact
    assert leftovers(settings) == []


def test_a_failed_build_leaves_the_old_snapshot_in_use(settings, settings_for, project):
    first = build_index(settings, "docs")
    (project / "docs/new.md").write_bytes(b"\0")
    with pytest.raises(InputError):
        build_index(settings, "docs")
    (project / "docs/new.md").unlink()
    with pytest.raises(Unfinished, match="not finite"):
        build_index(settings_for(embedder="hashing-broken", chunk_tokens=40), "docs")
    with pytest.raises(DefinitionError, match="chunk_tokens"):
        build_index(settings_for(chunk_tokens=100), "docs")
    assert current_digest(settings, "docs") == first.digest
    assert leftovers(settings) == []


def test_unknown_names_list_the_nearest(settings, settings_for):
    with pytest.raises(ReferenceNotFound, match="did you mean docs"):
        build_index(settings, "doc")
    with pytest.raises(ReferenceNotFound, match="no embedder is called 'hashin'"):
        build_index(settings_for(embedder="hashin"), "docs")


def test_an_index_that_cannot_be_written_says_where(settings):
    settings.data_dir.mkdir()
    (settings.data_dir / "indexes").write_text("a file in the way")
    with pytest.raises(SnapshotError, match=r"indexes/docs: the index cannot be written"):
        build_index(settings, "docs")


def test_a_build_killed_at_any_step_leaves_one_that_works(settings, project):
    """Kills a build with SIGKILL before its first file operation, then before its second, until it ends by itself."""
    old = build_index(settings, "docs")
    (project / "docs/new.md").write_text("# New\n\nA page about volcanoes.\n")
    folder = str(index_folder(settings, "docs"))

    def build_and_die(at):
        operations = 0

        def count(event, arguments):
            nonlocal operations
            named = str(arguments[0]) if arguments else ""
            if event in ("open", "os.mkdir", "os.rename") and named.startswith(folder):
                operations += 1
                if operations > at:
                    os.kill(os.getpid(), signal.SIGKILL)

        sys.addaudithook(count)
        build_index(settings, "docs")

    used = []
    while exit_code(in_child(partial(build_and_die, len(used)))) == -signal.SIGKILL:
        used.append(current_digest(settings, "docs"))
        assert open_index(settings, "docs").search("lock", 1)[0].rank == 1
        use_snapshot(settings, "docs", old.digest)
        for snapshot in list_snapshots(settings, "docs"):
            if snapshot.digest != old.digest:
                shutil.rmtree(snapshot.folder)
    new = current_digest(settings, "docs")
    assert old.digest != new
    assert set(used) == {old.digest, new}
    assert used == sorted(used, key=lambda digest: digest == new)
    assert open_index(settings, "docs").search("volcanoes", 1)[0].uri == "docs/new.md"


def test_what_a_killed_builder_left_is_removed_after_a_day(settings, project):
    folder = build_index(settings, "docs").folder.parent
    for name, age in (("old", 25 * 3600), ("young", 3600)):
        (folder / f".building-{name}").mkdir()
        written = (folder / f".building-{name}").stat().st_mtime - age
        os.utime(folder / f".building-{name}", (written, written))
    (project / "docs/new.md").write_text("# New\n")
    build_index(settings, "docs")
    assert leftovers(settings) == [".building-young"]


def test_builders_of_the_same_at_once_agree(settings):
    children = [in_child(partial(build_index, settings, "docs")) for _ in range(6)]
    assert [exit_code(child) for child in children] == [0] * 6
    (snapshot,) = list_snapshots(settings, "docs")
    snapshot.verify()
    assert current_digest(settings, "docs") == snapshot.digest
    assert leftovers(settings) == []


def test_builders_of_different_things_at_once_all_publish(settings, settings_for):
    children = [in_child(partial(build_index, settings_for(chunk_tokens=size), "docs")) for size in range(20, 26)]
    assert [exit_code(child) for child in children] == [0] * 6
    snapshots = list_snapshots(settings, "docs")
    for snapshot in snapshots:
        snapshot.verify()
    assert len(snapshots) == 6
    assert current_digest(settings, "docs") in {snapshot.digest for snapshot in snapshots}


def test_building_does_not_disturb_a_reader(settings, project):
    build_index(settings, "docs")
    index = open_index(settings, "docs")
    before = index.search("lock digest", 3)
    failures = []

    def read(done):
        while not done.is_set():
            if index.search("lock digest", 3) != before or not open_index(settings, "docs").search("lock", 2):
                failures.append("another answer")

    done = threading.Event()
    reader = threading.Thread(target=read, args=(done,))
    reader.start()
    for number in range(10):
        (project / "docs/locks.md").write_text(f"# Locks\n\nLocks, edition {number}.\n")
        build_index(settings, "docs")
    done.set()
    reader.join()
    assert failures == []
