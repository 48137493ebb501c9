"""Snapshots in a backend: pushed whole or not at all, opened by any machine, chosen, rolled back and removed."""

import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest

from genops.errors import InputError, ReferenceNotFound, SnapshotError
from genops.index_settings import SearchSettings
from genops.retrieval import (
    Document,
    build_index,
    collect_garbage,
    current_digest,
    embedder_named,
    find_snapshot,
    list_snapshots,
    open_index,
    rollback_index,
    snapshot_history,
    status,
    update_index,
    use_snapshot,
)
from genops.retrieval.backends import backend_of
from genops.retrieval.backends.qdrant import QdrantBackend
from genops.retrieval.compare import compare_documents
from genops.retrieval.snapshots.pointer import Overtaken, Use
from tests.retrieval.backends.projects import notes, settings_of

WORDS = SearchSettings(mode="bm25")
DAY = 86_400


@pytest.fixture
def builder(tmp_path, url):
    """The project on the machine that builds."""
    return settings_of(tmp_path / "builder", url)


@pytest.fixture
def reader(tmp_path, url):
    """The project on another machine, which has nothing but the settings."""
    return settings_of(tmp_path / "reader", url)


def found(settings, query="whales", k=10):
    return {hit.document: hit.text for hit in open_index(settings, "docs").search(query, k)}


def tables(url):
    with psycopg.connect(url) as connection:
        rows = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'genops_index'").fetchall()
    return {name for (name,) in rows} - {"snapshots", "pointers"}


def test_another_machine_needs_the_backend_alone(builder, reader):
    with pytest.raises(SnapshotError, match="was not built yet"):
        open_index(reader, "docs")
    assert list_snapshots(reader, "docs") == []
    assert status(reader, "docs").snapshot is None
    built = build_index(builder, "docs", notes("Whales live in the sea.", "Bread is baked."))
    assert found(reader) == {"n0": "Whales live in the sea.", "n1": "Bread is baked."}
    index = open_index(reader, "docs")
    assert (index.snapshot, index.component) == (built.digest, built.component)
    assert index is open_index(reader, "docs")
    assert status(reader, "docs").fresh
    assert [use.action for use in snapshot_history(reader, "docs")] == ["build"]
    assert not (reader.root / ".genops" / "indexes").exists()


def test_the_snapshot_in_use_is_the_same_for_all(builder, reader):
    first = build_index(builder, "docs", notes("Whales."))
    second = build_index(builder, "docs", notes("Whales.", "Bread."))
    assert current_digest(reader, "docs") == second.digest
    assert [snapshot.digest for snapshot in list_snapshots(reader, "docs")] == [second.digest, first.digest]
    assert rollback_index(reader, "docs").digest == first.digest
    assert set(found(builder)) == {"n0"}
    with pytest.raises(ReferenceNotFound, match="no snapshot was in use before"):
        rollback_index(builder, "docs")
    use_snapshot(builder, "docs", second.digest[:8])
    assert set(found(reader)) == {"n0", "n1"}
    assert [use.action for use in snapshot_history(reader, "docs")] == ["build", "build", "rollback", "use"]
    with pytest.raises(ReferenceNotFound, match="no snapshot begins with 'ffff'"):
        find_snapshot(reader, "docs", "ffff")


def test_only_what_changed_is_embedded(builder):
    build_index(builder, "docs", notes("Whales.", "Bread."))
    embedder = embedder_named(builder, "hashing")
    embedder.encoded.clear()
    update_index(builder, "docs", notes("Whales.", "Cake."), remove=[])
    assert "Cake." in embedder.encoded
    assert not {"Whales.", "Bread."} & set(embedder.encoded)
    assert found(builder) == {"n0": "Whales.", "n1": "Cake."}


def test_a_build_that_changes_nothing_pushes_nothing(builder, monkeypatch):
    build_index(builder, "docs", notes("Whales."))
    before = snapshot_history(builder, "docs")
    build_index(builder, "docs", notes("Whales."))
    after = snapshot_history(builder, "docs")
    assert (len(after), after[0].digest) == (1, before[0].digest)
    assert after[0].at > before[0].at


def test_a_document_that_was_renewed_is_fresh_for_all(builder, reader):
    old, young = (
        [Document("a", "a", "Whales.", modified=time.time_ns() - days * DAY * 10**9, ttl=DAY)] for days in (10, 0)
    )
    first = build_index(builder, "docs", old)
    assert status(reader, "docs").expired == ("a",)
    assert build_index(builder, "docs", young).digest == first.digest
    assert status(reader, "docs").fresh
    index = open_index(reader, "docs")
    assert [hit.stale for hit in index.search("whales", 1)] == [None]
    assert index.search("whales", 1, where={"modified": {">=": "2d"}})
    assert not index.search("whales", 1, where={"modified": {"<": "2d"}})


def test_an_update_needs_the_files_of_what_is_in_use(builder, reader):
    build_index(builder, "docs", notes("Whales."))
    with pytest.raises(SnapshotError, match="its files are not on this machine"):
        update_index(reader, "docs", notes("Bread."))
    build_index(reader, "docs", notes("Bread."))
    assert found(builder) == {"n0": "Bread."}


def test_an_update_begins_again_from_what_another_machine_put_in_use(builder, reader):
    chosen = build_index(builder, "docs", notes("A whale.")).digest
    build_index(builder, "docs", notes("A bad note."))
    meanwhile = iter([lambda: use_snapshot(reader, "docs", chosen)])
    new = Document("new", "new", "A new note.")
    update_index(builder, "docs", [new], progress=lambda done, total: next(meanwhile, lambda: None)())
    assert found(reader) == {"n0": "A whale.", "new": "A new note."}


@pytest.mark.parametrize("url", ["qdrant"], indirect=True)
def test_whoever_moves_a_pointer_at_the_same_moment_loses_no_entry(builder, reader, monkeypatch):
    first, second = (build_index(builder, "docs", notes(text)).digest for text in ("A whale.", "Bread."))
    read, other = QdrantBackend._entry, backend_of(reader, "docs")
    meanwhile = []

    def entry(self, point):
        found = read(self, point)
        if meanwhile:
            other.put_in_use(meanwhile.pop())
        return found

    monkeypatch.setattr(QdrantBackend, "_entry", entry)
    meanwhile.append(Use(first, "2026-01-01", "use"))
    with pytest.raises(Overtaken):
        backend_of(builder, "docs").put_in_use(Use(second, "2026-01-02", "build"), after=second)
    assert current_digest(builder, "docs") == first
    meanwhile.append(Use(second, "2026-01-03", "use"))
    backend_of(builder, "docs").put_in_use(Use(first, "2026-01-04", "build"))
    assert [use.at[:10] for use in snapshot_history(builder, "docs")[-3:]] == ["2026-01-01", "2026-01-03", "2026-01-04"]


def test_updates_at_once_all_count(builder, reader):
    build_index(builder, "docs", notes("A whale."))
    with ThreadPoolExecutor(3) as pool:
        list(pool.map(lambda n: update_index(builder, "docs", [Document(n, n, f"Note {n}.")]), "abc"))
    assert found(reader).keys() == {"n0", "a", "b", "c"}


def test_garbage_goes_away_here_and_there(builder, reader):
    texts = (["A whale."], ["B whale."], ["C whale."])
    built = [build_index(builder, "docs", notes(*each)).let_go() for each in texts]
    old = open_index(reader, "docs", built[0].digest)
    assert old.search("whale", 1)
    would = collect_garbage(builder, "docs", keep=1, dry_run=True)
    assert set(would.snapshots) == {built[0].digest, built[1].digest}
    removed = collect_garbage(builder, "docs", keep=1, pinned=[built[1].digest])
    assert removed.snapshots == (built[0].digest,)
    assert {snapshot.digest for snapshot in list_snapshots(reader, "docs")} == {built[1].digest, built[2].digest}
    assert found(reader) == {"n0": "C whale."}
    assert {path.name for path in (builder.data_dir / "indexes" / "docs").glob("?" * 64)} == {
        built[1].digest,
        built[2].digest,
    }
    with pytest.raises(SnapshotError):
        old.search("whale", 1)


def test_snapshots_are_compared_and_told_apart_from_their_sources(tmp_path, url):
    here, there = tmp_path / "here", tmp_path / "there"
    for root in (here, there):
        (root / "docs").mkdir(parents=True)
        (root / "docs" / "tea.md").write_text("# Tea\n\nGreen tea.\n")
        (root / "docs" / "sea.md").write_text("# Sea\n\nWhales.\n")
    builder, reader = (settings_of(root, url, sources=["docs/*"]) for root in (here, there))
    first = build_index(builder, "docs")
    assert status(reader, "docs").fresh
    (there / "docs" / "tea.md").write_text("# Tea\n\nWhite tea.\n")
    assert status(reader, "docs").changed == ("docs/tea.md",)
    (here / "docs" / "tea.md").unlink()
    build_index(builder, "docs")
    diff = compare_documents(find_snapshot(reader, "docs", first.digest), find_snapshot(reader, "docs"))
    assert (diff.added, diff.removed, diff.changed) == ((), ("docs/tea.md",), ())


def test_a_push_that_fails_leaves_what_was_in_use(builder, reader, url, monkeypatch):
    build_index(builder, "docs", notes("Whales."))
    before = tables(url) if url.startswith("postgresql") else None

    def fail(*_):
        raise OSError("no route to host")

    monkeypatch.setattr("genops.retrieval.backends.postgres.push._copy_terms", fail)
    monkeypatch.setattr("genops.retrieval.backends.qdrant.push.Push._sheets", fail)
    with pytest.raises(SnapshotError, match="no route to host"):
        build_index(builder, "docs", notes("Bread."))
    monkeypatch.undo()
    assert found(reader) == {"n0": "Whales."}
    if before is not None:
        assert tables(url) == before
    build_index(builder, "docs", notes("Bread."))
    assert found(reader) == {"n0": "Bread."}


KILLED = """
import os, pathlib, signal, sys
from genops.retrieval import build_index
from genops.retrieval.backends.postgres import backend, push
from genops.retrieval.backends.qdrant import backend as qdrant, push as qdrant_push
from tests.retrieval import hashing
from tests.retrieval.backends.projects import notes, settings_of

def die(*_, **__):
    os.kill(os.getpid(), signal.SIGKILL)

hashing.register()
settings = settings_of(pathlib.Path(sys.argv[1]), sys.argv[2])
build_index(settings, "docs", notes("Whales."))
match sys.argv[3]:
    case "rows":
        push._copy_rows = qdrant_push.rows_of = die
    case "words":
        push._copy_terms = qdrant_push._buckets = die
    case "registry":
        backend._about = qdrant.QdrantBackend._check = die
    case "pointer":
        backend.PostgresBackend.put_in_use = qdrant.QdrantBackend.put_in_use = die
build_index(settings, "docs", notes("Bread."))
"""


@pytest.mark.slow
@pytest.mark.parametrize("phase", ["rows", "words", "registry", "pointer"])
def test_a_killed_build_leaves_what_was_in_use(builder, reader, url, phase):
    arguments = [str(builder.root), url, phase]
    command = [sys.executable, "-c", KILLED, *arguments]
    done = subprocess.run(command, check=False, env={**os.environ, "PYTHONPATH": str(Path.cwd())})
    assert done.returncode == -signal.SIGKILL
    assert found(reader) == {"n0": "Whales."}
    build_index(builder, "docs", notes("Bread."))
    assert found(reader) == {"n0": "Bread."}


def test_what_is_lacking_is_found_by_verify(builder, url):
    snapshot = build_index(builder, "docs", notes("Whales.", "Bread."))
    pushed = find_snapshot(builder, "docs")
    assert pushed.verify(again=True) == "2 rows"
    if url.startswith("postgresql"):
        with psycopg.connect(url) as connection:
            (table,) = (name for name in tables(url) if name.endswith("_vectors"))
            connection.execute(f'DELETE FROM genops_index."{table}" WHERE row = 0')
    else:
        backend = backend_of(builder, "docs")
        with backend.connection.client() as client:
            client.delete(backend._layout(snapshot.manifest).collection, [0])
    with pytest.raises(SnapshotError, match=r"has .* of "):
        find_snapshot(builder, "docs").verify(again=True)
    with pytest.raises(SnapshotError, match=r"has .* of "):
        use_snapshot(builder, "docs", snapshot.digest)


def test_an_edited_manifest_is_refused(builder, url):
    snapshot = build_index(builder, "docs", notes("Whales."))
    if url.startswith("postgresql"):
        with psycopg.connect(url) as connection:
            connection.execute("UPDATE genops_index.snapshots SET manifest = replace(manifest, '64', '65')")
    else:
        backend = backend_of(builder, "docs")
        entry = backend._entry(backend._name_of(snapshot.digest))
        backend._register(
            backend._name_of(snapshot.digest), {**entry, "manifest": entry["manifest"].replace("64", "65")}
        )
    with pytest.raises(SnapshotError, match="edited or damaged"):
        find_snapshot(builder, "docs")


def test_another_embedder_is_refused(builder, tmp_path, url):
    build_index(builder, "docs", notes("Whales."))
    other = settings_of(tmp_path / "other", url, embedder="hashing-salted")
    with pytest.raises(SnapshotError, match="salt 7"):
        open_index(other, "docs").search("whales", 1)


def test_two_indexes_share_a_backend(tmp_path, url):
    settings = settings_of(tmp_path / "project", url)
    settings = settings.model_copy(update={"indexes": {**settings.indexes, "team/b": settings.indexes["docs"]}})
    build_index(settings, "docs", notes("Whales."))
    build_index(settings, "team/b", notes("Whales.", "Bread."))
    collect_garbage(settings, "docs", keep=1)
    assert len(open_index(settings, "docs").search("whales", 9)) == 1
    assert len(open_index(settings, "team/b").search("whales", 9)) == 2


def test_bm25_with_other_constants(builder, tmp_path, url):
    documents = notes("Whales and whales and water.", "A whale.", "Bread.")
    build_index(builder, "docs", documents)
    how = WORDS.model_copy(update={"k1": 0.4, "b": 0.1})
    if url.startswith("qdrant"):
        with pytest.raises(InputError, match=r"k1 = 0\.9 and b = 0\.4"):
            open_index(builder, "docs").search("whales", 3, how=how)
        return
    local = settings_of(tmp_path / "local", "faiss")
    build_index(local, "docs", documents)
    ours, theirs = (open_index(settings, "docs").search("whales", 3, how=how) for settings in (local, builder))
    assert [hit.score for hit in theirs] == pytest.approx([hit.score for hit in ours], abs=1e-6)


def test_a_compacted_snapshot_is_the_same_to_a_reader(builder, reader, url):
    build_index(builder, "docs", notes("Whales.", "Bread."))
    documents = notes("Whales.", "Cake.", "Tea.")
    many = build_index(builder, "docs", documents)
    assert len(many.manifest.segments) == 2
    before = open_index(reader, "docs").search("whales cake", 3)
    one = build_index(builder, "docs", documents, compact=True)
    assert (one.digest, len(one.manifest.segments)) == (many.digest, 1)
    assert open_index(reader, "docs").search("whales cake", 3) == before


def test_an_index_of_vectors_alone_is_pushed_without_words(tmp_path, url):
    settings = settings_of(tmp_path, url, search={"mode": "dense"})
    build_index(settings, "docs", notes("whales swim", "bread is baked"))
    index = open_index(settings, "docs")
    assert [hit.document for hit in index.search("whales swim", 1)] == ["n0"]
    with pytest.raises(InputError, match="built for vectors alone"):
        index.search("whales", 1, how=WORDS)
