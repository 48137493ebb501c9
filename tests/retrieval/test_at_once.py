"""Several build, update, read and remove at once, in threads and processes."""

import shutil
import threading
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pytest

from genops.errors import SnapshotError, Unfinished
from genops.index_settings import SearchSettings
from genops.retrieval import (
    Document,
    build_index,
    collect_garbage,
    current_digest,
    find_snapshot,
    list_snapshots,
    open_index,
    update_index,
    use_snapshot,
)
from genops.retrieval.snapshots import layouts, snapshot
from genops.retrieval.snapshots.folder import index_folder
from tests.retrieval.processes import exit_code, in_child

MODES = [SearchSettings(mode=mode) for mode in ("dense", "bm25", "hybrid")]


def note(name, text="A note about whales."):
    return Document(name, name, f"{text} It is called {name}.")


def names(settings):
    return {record.id for record in find_snapshot(settings, "docs").records()}


def folders(settings):
    names = {path.name for path in index_folder(settings, "docs").iterdir()}
    return sorted(names - {"current", ".lock", ".turn"})


@pytest.fixture
def notes(settings_for):
    """Settings of an index of one note, which is built."""
    settings = settings_for(sources=[])
    build_index(settings, "docs", [note("first")])
    return settings


@pytest.fixture
def loose(notes):
    """The same, with a note more in a segment of its own."""
    update_index(notes, "docs", [note("second", "Bread is baked.")])
    return notes


def compacted(settings):
    return build_index(settings, "docs", [note("first"), note("second", "Bread is baked.")], compact=True)


def answers(index, modes=MODES):
    found = [
        index.search(query, 5, how=how, where={"uri": {"!=": "x"}}) for query in ("whales", "bread") for how in modes
    ]
    return [[(hit.chunk_id, hit.text, round(hit.score, 6)) for hit in hits] for hits in found]


def test_updates_of_processes_at_once_all_count(notes):
    children = [in_child(partial(update_index, notes, "docs", [note(f"n{n}")])) for n in range(6)]
    assert [exit_code(child) for child in children] == [0] * 6
    assert names(notes) == {"first", *(f"n{n}" for n in range(6))}


def test_updates_of_threads_at_once_all_count(notes):
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda n: update_index(notes, "docs", (note(f"n{n}") for _ in "1")), range(8)))
    assert names(notes) == {"first", *(f"n{n}" for n in range(8))}


def test_updates_and_removals_at_once_all_count(notes):
    build_index(notes, "docs", [note(f"n{n}") for n in range(8)])
    works = [partial(update_index, notes, "docs", [note(f"m{n}")], remove=[f"n{n}"]) for n in range(4)]
    assert [exit_code(child) for child in [in_child(work) for work in works]] == [0] * 4
    assert names(notes) == {*(f"n{n}" for n in range(4, 8)), *(f"m{n}" for n in range(4))}


def test_an_update_begins_again_from_what_was_put_in_use_meanwhile(notes):
    meanwhile = iter([lambda: build_index(notes, "docs", [note("other")])])

    def progress(done, total):
        next(meanwhile, lambda: None)()

    updated = update_index(notes, "docs", iter([note("new")]), progress=progress)
    assert names(notes) == {"other", "new"}
    assert current_digest(notes, "docs") == updated.digest


def test_an_update_heeds_a_choice_that_was_made_meanwhile(notes):
    chosen = current_digest(notes, "docs")
    build_index(notes, "docs", [note("bad")])
    meanwhile = iter([lambda: use_snapshot(notes, "docs", chosen)])
    update_index(notes, "docs", [note("new")], progress=lambda done, total: next(meanwhile, lambda: None)())
    assert names(notes) == {"first", "new"}


def test_an_update_that_is_always_overtaken_says_so_and_leaves_what_is_in_use(notes):
    builds = 0

    def progress(done, total):
        nonlocal builds
        builds += 1
        build_index(notes, "docs", [note(f"other{builds}")])

    with pytest.raises(Unfinished, match="10 times in a row"):
        update_index(notes, "docs", [note("new")], progress=progress)
    assert names(notes) == {f"other{builds}"}
    assert len(list_snapshots(notes, "docs")) == 1 + builds  # an update that was overtaken publishes nothing


@pytest.mark.parametrize("before", [[], MODES[:1], MODES], ids=["nothing", "vectors", "all"])
def test_an_open_index_is_not_disturbed_by_compaction(loose, before):
    reader = open_index(loose, "docs")
    answers(reader, before)
    assert exit_code(in_child(partial(compacted, loose))) == 0
    compacted(loose)
    new = open_index(loose, "docs")
    assert (new.snapshot, len(new.snapshot_in_use.segments)) == (reader.snapshot, 1)
    assert answers(reader) == answers(new)


@pytest.mark.parametrize("before", [[], MODES[:1]], ids=["nothing", "vectors"])
def test_an_open_index_is_not_disturbed_by_garbage_collection(notes, before):
    reader = open_index(notes, "docs")
    answers(reader, before)
    build_index(notes, "docs", [note("other")])
    assert exit_code(in_child(partial(collect_garbage, notes, "docs", keep=1))) == 0
    would, removed = (collect_garbage(notes, "docs", keep=1, dry_run=dry) for dry in (True, False))
    assert (would.snapshots, removed.snapshots) == ((), ())
    assert would.open == removed.open == (reader.snapshot,)
    assert answers(reader)[0][0][1].startswith("A note about whales.")


def test_what_was_open_is_removed_later(notes):
    first = find_snapshot(notes, "docs")
    digest = first.digest
    build_index(notes, "docs", [note("other")])
    assert collect_garbage(notes, "docs", keep=1).open == (digest,)
    del first
    assert collect_garbage(notes, "docs", keep=1).snapshots == (digest,)
    assert folders(notes) == [current_digest(notes, "docs")]


def test_a_layout_that_counts_no_more_goes_when_nobody_has_it_open(loose):
    reader = find_snapshot(loose, "docs")
    digest = compacted(loose).digest
    assert {digest, f"{digest}.1"} <= set(folders(loose))
    assert {record.id for record in reader.records()} == {"first", "second"}
    del reader
    update_index(loose, "docs", [note("third")])
    assert f"{digest}.1" in folders(loose)
    assert digest not in folders(loose)


def test_who_opens_a_layout_while_it_is_replaced_gets_the_new_one(loose, monkeypatch):
    meanwhile = iter([lambda: exit_code(in_child(partial(compacted, loose)))])

    def hold(folder):
        next(meanwhile, lambda: None)()
        return layouts.Hold(folder)

    monkeypatch.setattr(snapshot, "Hold", hold)
    assert find_snapshot(loose, "docs").folder.name.endswith(".1")


def test_who_opens_a_snapshot_while_it_is_removed_gets_the_one_in_use(notes, monkeypatch):
    def replace():
        build_index(notes, "docs", [note("other")])
        collect_garbage(notes, "docs", keep=1)

    meanwhile = iter([lambda: exit_code(in_child(replace))])

    def hold(folder):
        next(meanwhile, lambda: None)()
        return layouts.Hold(folder)

    monkeypatch.setattr(snapshot, "Hold", hold)
    assert [record.id for record in find_snapshot(notes, "docs").records()] == ["other"]


def test_readers_that_open_at_any_time_find_everything(notes):
    def build():
        for number in range(6):
            update_index(notes, "docs", [note("second", f"Bread number {number}.")])
            build_index(notes, "docs", [note("first"), note("second", f"Bread number {number}.")], compact=True)
            collect_garbage(notes, "docs", keep=1)

    child, searches, done = in_child(build), 0, threading.Event()
    waiting = threading.Thread(target=lambda: done.set() if exit_code(child) == 0 else None)
    waiting.start()
    while waiting.is_alive():
        assert open_index(notes, "docs").search(f"whales {searches % 7}", 1)[0].document in ("first", "second")
        searches += 1
    assert done.is_set()
    assert searches > 10


@pytest.mark.parametrize("file", ["documents.bin", "documents.jsonl", "chunks.bin", "texts.bin", "headings.json"])
def test_a_file_that_someone_deleted_is_an_error_that_names_it(notes, file):
    found = find_snapshot(notes, "docs")
    next(found.folder.rglob(file)).unlink()
    with pytest.raises(SnapshotError, match=rf"{file}: a file of the index snapshot cannot be read"):
        list(found.records()), found.segments[0].passages(range(1))


def test_sources_that_someone_deleted_are_an_error(notes):
    found = find_snapshot(notes, "docs")
    shutil.rmtree(found.folder)
    with pytest.raises(SnapshotError, match=r"sources.jsonl: .*cannot be read"):
        found.sources()


def test_builders_of_the_same_at_once_agree(settings):
    children = [in_child(partial(build_index, settings, "docs")) for _ in range(6)]
    assert [exit_code(child) for child in children] == [0] * 6
    (built,) = list_snapshots(settings, "docs")
    built.verify()
    assert current_digest(settings, "docs") == built.digest
    assert folders(settings) == [built.digest]


def test_builders_of_different_things_at_once_all_publish(settings, settings_for):
    children = [in_child(partial(build_index, settings_for(chunk_tokens=size), "docs")) for size in range(20, 26)]
    assert [exit_code(child) for child in children] == [0] * 6
    snapshots = list_snapshots(settings, "docs")
    for built in snapshots:
        built.verify()
    assert len(snapshots) == 6
    assert current_digest(settings, "docs") in {built.digest for built in snapshots}
