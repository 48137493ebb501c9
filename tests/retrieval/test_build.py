import os
import re
import shutil
import signal
import sys
import threading
from functools import partial

import faiss  # noqa: F401 - loaded before the forks, so that they are quick
import pytest

from genops.durable import try_lock
from genops.errors import DefinitionError, InputError, ReferenceNotFound, SnapshotError, Unfinished, UsageError
from genops.retrieval import (
    Document,
    build_index,
    current_digest,
    find_snapshot,
    list_snapshots,
    open_index,
    status,
    update_index,
    use_snapshot,
)
from genops.retrieval.snapshots.folder import index_folder
from tests.retrieval.conftest import CORPUS
from tests.retrieval.processes import exit_code, in_child


def leftovers(settings):
    names = {path.name for path in index_folder(settings, "docs").iterdir()} - {"current", ".lock", ".turn"}
    return [name for name in names if not re.fullmatch(r"[0-9a-f]{64}(\.\d+)?", name)]


def contents(snapshot):
    """Every file but the manifest, without the segments' own names."""
    files = [path for path in snapshot.folder.rglob("*") if path.is_file() and path.name != "manifest.json"]
    return {path.name: path.read_bytes() for path in files if path.name != "sources.jsonl"}


def findings(settings, *queries, **options):
    """What is found, without what differs between two layouts of the same contents."""
    index = open_index(settings, "docs")
    return [
        [(hit.chunk_id, hit.text, hit.document, round(hit.score, 6)) for hit in index.search(query, 5, **options)]
        for query in queries
    ]


def test_a_build_is_put_in_use_whole(settings, passages):
    snapshot = build_index(settings, "docs")
    assert current_digest(settings, "docs") == snapshot.digest == snapshot.folder.name
    assert {"index.faiss", "texts.bin", "bm25.counts.npy"} <= contents(snapshot).keys()
    assert set(snapshot.manifest.files) == {
        path.relative_to(snapshot.folder).as_posix()
        for path in snapshot.folder.rglob("*")
        if path.is_file() and path.name != "manifest.json"
    }
    assert (snapshot.manifest.documents, snapshot.manifest.chunks) == (3, len(passages(snapshot)))
    assert leftovers(settings) == []


def test_every_chunk_is_a_span_of_its_source(settings, project, passages):
    (project / "docs/umlauts.md").write_text(
        "# Größe\n\nÄpfel 🍎 und Birnen. 東京は日本の首都です。 Ende gut.\n", encoding="utf-8"
    )
    found = passages(build_index(settings, "docs"))
    assert len(found) >= 4
    for document, passage in found:
        text = (project / document.uri).read_text(encoding="utf-8")
        assert text[passage.start : passage.end] == passage.text


def test_the_same_inputs_give_the_same_digest_anywhere_in_any_order(settings_for, tmp_path):
    elsewhere = tmp_path / "elsewhere"
    for uri in reversed(CORPUS):
        (elsewhere / uri).parent.mkdir(parents=True, exist_ok=True)
        (elsewhere / uri).write_bytes(CORPUS[uri].replace("\n", "\r\n").encode())
    here, there = settings_for(), settings_for(root=elsewhere, sources=["docs/*.txt", "docs/*.md"])
    one, two = build_index(here, "docs"), build_index(there, "docs")
    assert one.digest == two.digest
    assert [contents(one)[name] for name in ("texts.bin", "index.faiss")] == [
        contents(two)[name] for name in ("texts.bin", "index.faiss")
    ]


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


def test_an_incremental_build_equals_a_full_one(settings, project, tmp_path):
    queries = ("lock digest", "whales in the sea", "another page", "a command writes bread")
    build_index(settings, "docs")
    (project / "docs/more.md").write_text("# More\n\nAnother page.\n")
    (project / "docs/locks.md").write_text("# Locks\n\nA lock is written by a command.\n")
    (project / "docs/replay.md").unlink()
    incremental = build_index(settings, "docs")
    assert [len(segment.deleted) for segment in incremental.manifest.segments] == [2, 0]
    found, status_then = findings(settings, *queries), status(settings, "docs")
    shutil.rmtree(index_folder(settings, "docs"))
    full = build_index(settings, "docs")
    assert len(full.manifest.segments) == 1
    assert (full.digest, full.manifest.documents, full.manifest.chunks) == (
        incremental.digest,
        incremental.manifest.documents,
        incremental.manifest.chunks,
    )
    assert findings(settings, *queries) == found
    assert status_then.fresh


def test_a_base_is_shared_and_not_written_again(settings, project):
    first = build_index(settings, "docs")
    (project / "docs/more.md").write_text("# More\n\nAnother page.\n")
    second = build_index(settings, "docs")
    base = first.manifest.segments[0].name
    assert second.manifest.segments[0].name == base
    for path in (first.folder / base).iterdir():
        assert path.stat().st_ino == (second.folder / base / path.name).stat().st_ino


def test_much_change_is_compacted_by_itself(settings_for, project):
    settings = settings_for(sources=["docs/*", "many/*"])
    (project / "many").mkdir()
    for number in range(30):
        (project / f"many/{number}.txt").write_text(" ".join(f"word{number}x{n}" for n in range(1200)))
    first = build_index(settings, "docs")
    for number in range(29):
        (project / f"many/{number}.txt").write_text(" ".join(f"other{number}x{n}" for n in range(1200)))
    second = build_index(settings, "docs")
    assert (len(first.manifest.segments), len(second.manifest.segments)) == (1, 1)
    assert second.manifest.segments[0].deleted == []
    assert second.manifest.chunks > 1_000


def test_compacting_keeps_the_identity_and_what_is_found(settings, project, embedder):
    build_index(settings, "docs")
    (project / "docs/locks.md").write_text("# Locks\n\nA lock is written by a command.\n")
    loose = build_index(settings, "docs")
    found = findings(settings, "lock", "whales", "bread")
    embedder.encoded.clear()
    compact = build_index(settings, "docs", compact=True)
    assert compact.digest == loose.digest
    assert (len(loose.manifest.segments), len(compact.manifest.segments)) == (2, 1)
    assert findings(settings, "lock", "whales", "bread") == found
    assert not [text for text in embedder.encoded if "Whales" in text]
    assert leftovers(settings) == []


def test_another_kind_of_index_embeds_nothing_again(settings, settings_for, embedder):
    flat = build_index(settings, "docs")
    embedder.encoded.clear()
    hnsw = build_index(settings_for(kind="hnsw"), "docs")
    assert hnsw.manifest.segments[0].kind == "hnsw"
    assert hnsw.digest != flat.digest
    assert set(embedder.encoded) == {canary.text for canary in flat.manifest.canaries}


def test_other_search_settings_are_another_snapshot_with_the_same_files(settings, settings_for, embedder):
    first = build_index(settings, "docs")
    embedder.encoded.clear()
    second = build_index(settings_for(search={"mode": "bm25"}), "docs")
    assert first.digest != second.digest
    assert first.manifest.segments == second.manifest.segments
    assert open_index(settings_for(search={"mode": "bm25"}), "docs").search("lock", 1)[0].ranks.keys() == {"bm25"}


def test_documents_come_from_python_too(settings_for, embedder):
    settings = settings_for(sources=[])
    pages = [Document(f"page-{n}", f"https://example.org/{n}", f"Page {n} speaks of topic{n}.") for n in range(4)]
    first = build_index(settings, "docs", pages)
    assert open_index(settings, "docs").search("topic3", 1)[0].document == "page-3"
    assert build_index(settings, "docs", reversed(pages)).digest == first.digest
    assert status(settings, "docs").fresh
    with pytest.raises(UsageError, match="has no `sources`"):
        build_index(settings, "docs")


def test_documents_are_added_replaced_and_removed_by_id(settings_for, embedder):
    settings = settings_for(sources=[])
    pages = [Document(f"page-{n}", f"https://example.org/{n}", f"Page {n} speaks of topic{n}.") for n in range(4)]
    build_index(settings, "docs", pages)
    embedder.encoded.clear()
    new = Document("page-1", "https://example.org/1", "Page 1 speaks of volcanoes.")
    updated = update_index(settings, "docs", [new, Document("page-9", "x", "Glaciers.")], remove=["page-2"])
    assert not [text for text in embedder.encoded if "topic" in text]
    assert [segment.deleted for segment in updated.manifest.segments] == [[1, 2], []]
    index = open_index(settings, "docs")
    assert index.search("volcanoes", 1)[0].document == "page-1"
    assert {hit.document for hit in index.search("page speaks", 10)} == {"page-0", "page-1", "page-3", "page-9"}
    assert build_index(settings, "docs", [pages[0], new, pages[3], Document("page-9", "x", "Glaciers.")]) == updated


def test_what_is_not_there_cannot_be_removed(settings_for):
    settings = settings_for(sources=[])
    with pytest.raises(SnapshotError, match="not built yet"):
        update_index(settings, "docs", remove=["page"])
    build_index(settings, "docs", [Document("page", "page", "A page.")])
    with pytest.raises(InputError, match="no document 'pgae' to remove"):
        update_index(settings, "docs", remove=["pgae"])
    with pytest.raises(SnapshotError, match="build it whole"):
        update_index(settings_for(sources=[], chunk_tokens=40), "docs", remove=["page"])


def test_an_empty_corpus_leaves_the_old_snapshot_in_use(settings, settings_for, project):
    first = build_index(settings, "docs")
    for path in (project / "docs").iterdir():
        path.write_text(" \n")
    with pytest.raises(InputError, match="the corpus is empty"):
        build_index(settings, "docs")
    assert current_digest(settings, "docs") == first.digest


def test_vectors_of_another_embedder_are_not_kept(settings_for):
    build_index(settings_for(), "docs")
    mixed = build_index(settings_for(embedder="hashing-salted"), "docs")
    found = findings(settings_for(embedder="hashing-salted"), "lock digest")
    shutil.rmtree(index_folder(settings_for(), "docs"))
    assert build_index(settings_for(embedder="hashing-salted"), "docs").digest == mixed.digest
    assert findings(settings_for(embedder="hashing-salted"), "lock digest") == found


def test_progress_counts_what_is_embedded(settings):
    seen = []
    snapshot = build_index(settings, "docs", progress=lambda done, total: seen.append((done, total)))
    assert seen[0] == (0, snapshot.manifest.chunks)
    assert seen[-1] == (snapshot.manifest.chunks, snapshot.manifest.chunks)


def test_a_text_that_occurs_twice_is_embedded_once(settings, embedder, project):
    (project / "docs/copy.txt").write_bytes((project / "docs/notes.txt").read_bytes())
    build_index(settings, "docs")
    assert len(embedder.encoded) == len(set(embedder.encoded))


@pytest.mark.parametrize("file", ["index.faiss", "texts.bin", "bm25.counts.npy", "manifest.json"])
def test_a_damaged_snapshot_is_built_again(settings, file):
    snapshot = build_index(settings, "docs")
    intact = contents(snapshot)
    next(snapshot.folder.rglob(file)).write_bytes(b"damaged")
    again = build_index(settings, "docs")
    again.verify()
    assert contents(again) == intact
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


MOVES = ("os.mkdir", "os.rename", "os.rmdir", "shutil.rmtree")


def die_at(step, folder, work, events=("open", *MOVES)):
    """Works, and is killed with SIGKILL before a file operation in a folder; the first is number 0."""
    operations = 0

    def count(event, arguments):
        nonlocal operations
        named = str(arguments[0]) if arguments else ""
        if event in events and named.startswith(folder):
            operations += 1
            if operations > step:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(count)
    work()


def test_a_build_killed_at_any_step_leaves_one_that_works(settings, project):
    """Kills a build before its first file operation, then before its second, until it ends by itself."""
    old = build_index(settings, "docs")
    (project / "docs/new.md").write_text("# New\n\nA page about volcanoes.\n")
    build = partial(build_index, settings, "docs")
    used = []
    while exit_code(in_child(partial(die_at, len(used), str(old.folder.parent), build))) == -signal.SIGKILL:
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


@pytest.mark.parametrize("damaged", [False, True])
def test_a_new_layout_of_what_is_in_use_killed_at_any_step_leaves_one_that_works(settings, project, tmp_path, damaged):
    build_index(settings, "docs")
    (project / "docs/locks.md").write_text("# Locks\n\nA lock is written by a command.\n")
    digest = build_index(settings, "docs").digest
    folder, backup = index_folder(settings, "docs"), tmp_path / "backup"
    if damaged:
        (folder / digest / "sources.jsonl").write_bytes(b"damaged")
    shutil.copytree(folder, backup)
    compact = partial(build_index, settings, "docs", compact=not damaged)

    def search():
        snapshot = find_snapshot(settings, "docs")
        segments = snapshot.segments
        assert [record.id for segment in segments for record in segment.records()]
        if not damaged:
            assert open_index(settings, "docs").search("lock", 1)[0].document == "docs/locks.md"

    steps = layouts = 0
    while exit_code(in_child(partial(die_at, steps, str(folder), compact, MOVES))) == -signal.SIGKILL:
        steps += 1
        layouts += (folder / f"{digest}.1").exists()
        assert current_digest(settings, "docs") == digest
        assert exit_code(in_child(search)) == 0
        shutil.rmtree(folder)
        shutil.copytree(backup, folder)
    assert steps > layouts > 1
    assert open_index(settings, "docs").search("lock", 1)[0].document == "docs/locks.md"
    assert sorted(path.name for path in folder.glob(f"{digest}*")) == [f"{digest}.1"]


def test_what_a_killed_builder_left_is_removed_by_the_next(settings, project):
    folder = build_index(settings, "docs").folder.parent
    (folder / ".building-dead").mkdir()
    alive = try_lock(folder / ".building-busy.lock")
    (folder / ".building-busy").mkdir()
    (project / "docs/new.md").write_text("# New\n\nText.\n")
    build_index(settings, "docs")
    os.close(alive)
    assert sorted(leftovers(settings)) == [".building-busy", ".building-busy.lock"]


def test_building_does_not_disturb_a_reader(settings, project):
    build_index(settings, "docs")
    index = open_index(settings, "docs")
    before = findings(settings, "lock digest")
    failures = []

    def read(done):
        while not done.is_set():
            now = [
                (hit.chunk_id, hit.text, hit.document, round(hit.score, 6)) for hit in index.search("lock digest", 5)
            ]
            if [now] != before or not open_index(settings, "docs").search("lock", 2):
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


@pytest.mark.parametrize("tick", [2 * 10**9, -(10**10)], ids=["read again", "not read again"])
def test_what_cannot_be_found_or_filtered_by_is_warned_of(settings, project, monkeypatch, tick):
    monkeypatch.setattr("genops.retrieval.sources.files._TICK", tick)
    (project / "docs/empty.md").write_text("")
    (project / "docs/blank.txt").write_text(" \n\t\n")
    (project / "docs/matter.md").write_text(
        "---\nyear: 2020\nmixed: [1, a]\nmy-key: v\nnothing:\n---\n# Matter\n\nText.\n"
    )
    for _ in range(2):
        empty, left_out = build_index(settings, "docs").manifest.warnings
        assert empty == "2 documents without text, which no search finds: docs/blank.txt, docs/empty.md"
        assert left_out.startswith("front matter that cannot be filtered by in 1 file (docs/matter.md): mixed, my-key;")
        (project / "docs/notes.txt").write_text("Something else.")
    for name in ("empty.md", "blank.txt", "matter.md"):
        (project / "docs" / name).unlink()
    assert build_index(settings, "docs").manifest.warnings == []
