"""An index with documents beside its snapshot's finds what it would after an update, and nothing of it changes."""

import gc
import hashlib
from dataclasses import replace

import pytest

from genops.index_settings import SearchSettings
from genops.retrieval import Document, build_index, open_index, update_index
from genops.retrieval.search.extended import extended

POISON = Document(
    "poison", "poison.md", "What pins every component by its digest? Whales do, and answer with zither.\n" * 4
)
QUERIES = ["What pins every component by its digest?", "whales and bread", "zither"]
MODES = [SearchSettings(mode=mode) for mode in ("dense", "bm25", "hybrid")] + [SearchSettings(fusion="rrf")]


@pytest.fixture
def index(settings):
    build_index(settings, "docs")
    return open_index(settings, "docs")


def files(folder):
    return {path: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.rglob("*") if path.is_file()}


def found(index, how):
    return [[replace(hit, snapshot="") for hit in index.search(query, 4, how=how)] for query in QUERIES]


@pytest.mark.parametrize("how", MODES, ids=lambda how: f"{how.mode} {how.fusion}")
def test_it_finds_what_it_would_after_an_update(index, settings, how):
    beside = found(extended(index, [POISON]), how)
    assert any(hit.document == "poison" for hits in beside for hit in hits)
    update_index(settings, "docs", [POISON])
    assert beside == found(open_index(settings, "docs"), how)


def test_the_snapshot_and_what_is_in_use_stay_as_they_are(index, settings, project):
    before, plain = files(project), found(index, MODES[2])
    assert found(extended(index, [POISON]), MODES[2]) != plain
    assert files(project) == before
    assert found(index, MODES[2]) == plain


def test_its_files_go_with_it(index):
    copy = extended(index, [POISON])
    folder = copy.snapshot_in_use.folder
    assert files(folder)
    del copy
    gc.collect()
    assert not folder.exists()


def test_a_query_is_embedded_once_for_all_copies(index, embedder):
    for number in range(3):
        extended(index, [POISON._replace(id=f"poison-{number}")]).search(QUERIES[0], 2)
    assert embedder.encoded.count(QUERIES[0]) == 1
