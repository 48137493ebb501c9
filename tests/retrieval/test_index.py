import asyncio
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import orjson
import pytest

from genops.artifacts import Component, digest_of, normalise
from genops.errors import InputError, ReferenceNotFound, SnapshotError
from genops.retrieval import Retriever, build_index, current_digest, embedder_named, open_index


@pytest.fixture
def index(settings):
    build_index(settings, "docs")
    return open_index(settings, "docs")


def test_hits_come_best_first_with_their_place(index, project):
    hits = index.search("What pins every component by its digest?", 3)
    assert hits[0].uri == "docs/locks.md"
    assert hits[0].heading == "Locks > What a lock is"
    assert [hit.rank for hit in hits] == [1, 2, 3]
    assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)
    for hit in hits:
        assert (project / hit.uri).read_text()[hit.start : hit.end] == hit.text
        assert -1 <= hit.score <= 1
        assert (hit.index, hit.snapshot) == ("docs", index.snapshot)


def test_a_score_is_the_cosine_similarity(index, settings):
    embedder = embedder_named(settings, "hashing")
    chunks = {chunk.id: chunk for chunk in build_index(settings, "docs").chunks()}
    for hit in index.search("bread and whales", 10):
        query, passage = embedder.encode(["bread and whales", chunks[hit.chunk_id].embedded_text])
        assert hit.score == pytest.approx(float(query @ passage), abs=1e-6)


def test_all_come_when_k_is_larger_than_the_corpus(index, settings):
    assert len(index.search("anything", 1000)) == build_index(settings, "docs").manifest.chunks


def test_hits_of_equal_score_keep_the_order_of_the_corpus(settings, project):
    for name in "abcdef":
        (project / f"docs/{name}.txt").write_text("the very same passage")
    build_index(settings, "docs")
    hits = open_index(settings, "docs").search("the very same passage", 6)
    assert [hit.uri for hit in hits] == [f"docs/{name}.txt" for name in "abcdef"]


def test_a_hit_can_be_recorded(index):
    hit = index.search("lock", 1)[0]
    assert normalise(hit) == {field: getattr(hit, field) for field in hit.__dataclass_fields__}


@pytest.mark.parametrize(
    ("query", "k", "words"),
    [
        ("", 1, "query is empty"),
        (" \n", 1, "query is empty"),
        ("x" * 20_001, 1, "20,001 characters"),
        ("a\ud800b", 1, "lone surrogate"),
        ("lock", 0, "k is 0"),
    ],
)
def test_a_query_that_cannot_be_searched_is_refused(index, query, k, words):
    with pytest.raises(InputError, match=words):
        index.search(query, k)


def test_a_query_beyond_the_window_is_searched_whole(index):
    begin_and_end = "whales mammals sea. " + "and so on. " * 40 + "whales mammals sea live."
    assert "Whales" in index.search(begin_and_end, 1)[0].text


async def test_searches_at_once_give_what_one_gives(index: Retriever):
    queries = ["lock", "replay", "whales", "bread", "digest"] * 10
    hits = await asyncio.gather(*(index.asearch(query, 2) for query in queries))
    assert hits == [index.search(query, 2) for query in queries]


def test_threads_load_a_snapshot_once(settings):
    build_index(settings, "docs")
    with ThreadPoolExecutor(8) as pool:
        opened = list(pool.map(lambda _: open_index(settings, "docs"), range(32)))
        hits = list(pool.map(lambda index: index.search("lock", 1), opened))
    assert len(set(map(id, opened))) == 1
    assert all(found == hits[0] for found in hits)


def test_the_component_is_the_logical_identity(index, settings):
    body = index.component.body
    assert index.component == Component("index", "docs", body)
    assert index.snapshot == index.component.digest == digest_of({"kind": "index", "body": body})
    assert set(body) == {"kind", "metric", "embedder", "chunker", "sources"}
    assert str(settings.root) not in orjson.dumps(body).decode()


def test_opening_loads_no_model(settings, project):
    build_index(settings, "docs")
    code = (
        "import sys, pathlib\nfrom genops.settings import *\nfrom genops.retrieval import *\n"
        "settings = Settings(root=pathlib.Path(sys.argv[1]), indexes={'docs': IndexSettings(sources=['docs/*'])})\n"
        "print(status(settings, 'docs').settings_changed, open_index(settings, 'docs').component.digest)\n"
        "print(*{'torch', 'transformers', 'sentence_transformers', 'faiss', 'numpy'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code, str(project)], capture_output=True, text=True, check=True)
    assert done.stdout == f"True {current_digest(settings, 'docs')}\n\n"


def test_an_index_that_was_not_built_says_how(settings):
    with pytest.raises(SnapshotError, match=r"not built yet\n  build it with `genops index build docs`"):
        open_index(settings, "docs")


def test_an_index_that_is_not_defined_lists_the_nearest(settings):
    with pytest.raises(ReferenceNotFound, match="did you mean docs"):
        open_index(settings, "dosc")


def test_another_embedder_is_an_error_that_names_both(settings, settings_for):
    build_index(settings, "docs")
    with pytest.raises(SnapshotError, match=r"built with .*salt 0.* settings name .*salt 7") as caught:
        open_index(settings_for(embedder="hashing-salted"), "docs").search("lock", 1)
    assert "genops index build docs" in str(caught.value)


def test_an_embedder_that_changed_unseen_is_found_by_the_canaries(settings_for):
    settings = settings_for(embedder="hashing-drifting")
    build_index(settings, "docs")
    index, embedder = open_index(settings, "docs"), embedder_named(settings, "hashing-drifting")
    embedder.drifted = True
    try:
        with pytest.raises(SnapshotError, match="no longer gives the vectors"):
            index.search("lock", 1)
    finally:
        embedder.drifted = False
    assert index.search("lock", 1)
