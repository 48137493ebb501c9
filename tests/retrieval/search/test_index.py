import asyncio
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import orjson
import pytest

from genops.artifacts import Component, digest_of, normalise
from genops.errors import InputError, ReferenceNotFound, SnapshotError
from genops.index_settings import IndexSettings, SearchSettings
from genops.retrieval import (
    Document,
    Rank,
    Retriever,
    build_index,
    current_digest,
    embedder_named,
    open_index,
    status,
    update_index,
)
from genops.settings import Settings

DENSE, WORDS = SearchSettings(mode="dense"), SearchSettings(mode="bm25")
SETTINGS = {"sources": ["docs/*"], "embedder": "hashing", "chunk_tokens": 32, "overlap_tokens": 8}


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
        assert 0 <= hit.score <= 1
        assert (hit.index, hit.snapshot) == ("docs", index.snapshot)


def test_a_dense_score_is_the_cosine_similarity(index, settings, passages):
    embedder = embedder_named(settings, "hashing")
    texts = {passage.id: passage.embedded_text for _, passage in passages(index.snapshot_in_use)}
    for hit in index.search("bread and whales", 10, how=DENSE):
        query, passage = embedder.encode(["bread and whales", texts[hit.chunk_id]])
        assert hit.score == pytest.approx(float(query @ passage), abs=1e-6)
        assert hit.ranks == {"dense": Rank(hit.ranks["dense"].rank, hit.score, pytest.approx(hit.score, abs=1e-6))}


def test_a_bm25_score_is_a_share_of_the_most_that_the_words_can_give(index):
    hits = index.search("whales bread", 10, how=WORDS)
    assert [hit.uri for hit in hits] == ["docs/notes.txt"]
    assert 0 < hits[0].score < 1
    assert hits[0].ranks["bm25"].raw > 0
    assert index.search("xylophone", 10, how=WORDS) == []


def test_a_hybrid_score_weighs_the_true_scores_of_both(index):
    how = SearchSettings(dense_weight=0.3, candidates=1)
    for hit in index.search("whales live in the sea", 3, how=how):
        dense, words = hit.ranks["dense"], hit.ranks["bm25"]
        assert hit.score == pytest.approx(0.3 * dense.score + 0.7 * words.score)
        assert 0 <= dense.score <= 1
        assert dense.rank is not None or words.rank is not None


def test_reciprocal_ranks_are_a_share_of_two_first_places(index):
    best, *others = index.search("whales live in the sea", 3, how=SearchSettings(fusion="rrf"))
    assert (best.ranks["dense"].rank, best.ranks["bm25"].rank, best.score) == (1, 1, pytest.approx(1.0))
    for hit in others:
        ranks = [rank.rank for rank in hit.ranks.values() if rank.rank]
        assert hit.score == pytest.approx(sum(61 / (60 + rank) for rank in ranks) / 2)


def test_filters_act_before_the_best_are_chosen(settings_for):
    settings = settings_for(sources=[])
    pages = [
        Document(f"p{n}", f"p{n}", f"Whales, page {n}.", metadata={"n": n, "lang": "en" if n % 10 else "id"})
        for n in range(200)
    ]
    build_index(settings, "docs", pages)
    index = open_index(settings, "docs")
    for how in (DENSE, WORDS, SearchSettings(candidates=3)):
        hits = index.search("whales page", 5, where={"lang": "id", "n": {">": 150}}, how=how)
        assert {hit.document for hit in hits} == {"p160", "p170", "p180", "p190"}
    assert index.search("whales", 5, where={"n": {">": 1000}}) == []
    assert {hit.document for hit in index.search("whales", 9, where={"document": {"in": ["p1", "p2"]}})} == {"p1", "p2"}
    with pytest.raises(InputError, match="no document has a field 'land'"):
        index.search("whales", 1, where={"land": "id"})


DAY = 86_400


@pytest.fixture
def dated(settings_for):
    """An index of three documents: of 2023, of the last hour, and of no time."""
    settings = settings_for(sources=[])
    times = {"old": 1_685_577_600, "young": int(time.time()) - 3_600, "timeless": None}
    build_index(
        settings, "docs", [Document(name, name, "A zebra.", modified=at and at * 10**9) for name, at in times.items()]
    )
    return open_index(settings, "docs")


@pytest.mark.parametrize(
    ("condition", "found"),
    [
        ({">=": "2024-01-01"}, {"young"}),
        ({"<": "2024-01-01"}, {"old"}),
        ({">": "2023-06-01"}, {"young"}),
        ({">=": "2023-06-01T02:00+02:00"}, {"old", "young"}),
        ("2023-06-01", {"old"}),
        ({"in": ["2023-06-01T00:00:00Z", 5]}, {"old"}),
        ({"!=": 1_685_577_600}, {"young"}),
        ({">=": 1_685_577_600.5}, {"young"}),
        ({">": 99_999_999_999}, set()),
        ({">": "7d"}, {"young"}),
    ],
)
def test_a_time_is_compared_with_a_moment(dated, condition, found):
    assert {hit.document for hit in dated.search("zebra", 5, where={"modified": condition})} == found
    assert {hit.document for hit in dated.search("zebra", 5, where={"not": {"or": [{"modified": condition}]}})} == (
        {"old", "young", "timeless"} - found
    )


@pytest.mark.parametrize(
    "value", ["last week", "", True, 1_685_577_600 * 10**9, "2023-13-01", {"in": ["2023-06-01", "x"]}]
)
def test_what_is_no_moment_is_refused_with_what_is(dated, value):
    with pytest.raises(InputError, match="is a time and cannot be compared with") as raised:
        dated.search("zebra", 5, where={"modified": value})
    assert '"2026-11-03"' in raised.value.hint


def test_metadata_of_that_name_is_compared_as_it_is(settings_for):
    settings = settings_for(sources=[])
    build_index(settings, "docs", [Document("a", "a", "A zebra.", metadata={"modified": "last week"}, modified=1)])
    assert open_index(settings, "docs").search("zebra", 5, where={"modified": "last week"})


def test_a_threshold_leaves_out_what_is_below(index):
    everything = index.search("lock digest", 10)
    bound = everything[1].score
    assert index.search("lock digest", 10, how=SearchSettings(threshold=bound)) == everything[:2]


def test_neighbours_widen_a_hit_to_the_text_around_it(settings_for, project):
    (project / "docs/long.md").write_text(
        "# Long\n\n" + "\n\n".join(f"Paragraph {n} of zebra{n}." + " x" * 20 for n in range(9))
    )
    settings = settings_for(overlap_tokens=0)
    build_index(settings, "docs")
    index = open_index(settings, "docs")
    (narrow,) = index.search("zebra4", 1, how=WORDS)
    (wide,) = index.search("zebra4", 1, how=WORDS.model_copy(update={"neighbours": 1}))
    text = (project / "docs/long.md").read_text()
    assert wide.chunk_id == narrow.chunk_id
    assert wide.start < narrow.start < narrow.end < wide.end
    assert text[wide.start : wide.end] == wide.text
    assert "zebra3" in wide.text
    assert "zebra5" in wide.text
    assert "zebra6" not in wide.text


@pytest.fixture
def story(settings_for, project):
    """An index of a document of twelve chunks about zebras beside short ones; and the document's text."""
    (project / "docs/long.md").write_text(
        "# Long\n\n" + "\n\n".join(f"Zebra paragraph {n} of zebra{n}." + " x" * 20 for n in range(12))
    )
    for name in ("one", "two"):
        (project / f"docs/{name}.txt").write_text(f"Document {name} names a zebra once, among much else.")
    settings = settings_for(overlap_tokens=0)
    build_index(settings, "docs")
    return open_index(settings, "docs"), (project / "docs/long.md").read_text()


@pytest.mark.parametrize("mode", ["hybrid", "dense", "bm25"])
@pytest.mark.parametrize("neighbours", [1, 2, 40])
def test_hits_that_widen_to_the_same_text_are_one_and_others_fill_up(story, mode, neighbours):
    index, text = story
    how = SearchSettings(mode=mode, neighbours=neighbours)
    hits = index.search("zebra zebra5 zebra6", 4, how=how)
    narrow = index.search("zebra zebra5 zebra6", 100, how=SearchSettings(mode=mode))
    assert [hit.rank for hit in hits] == list(range(1, len(hits) + 1))
    assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)
    assert (hits[0].chunk_id, hits[0].score) == (narrow[0].chunk_id, pytest.approx(narrow[0].score))
    for number, hit in enumerate(hits):
        for other in hits[:number]:
            assert hit.document != other.document or hit.end <= other.start or other.end <= hit.start
        if hit.document == "docs/long.md":
            assert text[hit.start : hit.end] == hit.text
    everywhere = len({hit.document for hit in narrow})
    assert len(hits) == 4 if neighbours < 40 else len(hits) == min(4, everywhere)


def test_no_text_grows_by_what_was_not_among_the_best(story):
    index, _ = story
    hits = index.search("zebra zebra5", 2, how=WORDS.model_copy(update={"neighbours": 1}))
    assert sum(hit.text.count("Zebra paragraph") for hit in hits) <= 2 * 3


def test_diversity_prefers_what_is_unlike_what_came_before(settings, project):
    for name in "abc":
        (project / f"docs/{name}.txt").write_text("The lock pins the digest of every component.")
    build_index(settings, "docs")
    index = open_index(settings, "docs")
    alike = {hit.text for hit in index.search("lock digest component", 3, how=DENSE)}
    unlike = {
        hit.text for hit in index.search("lock digest component", 3, how=DENSE.model_copy(update={"diversity": 0.9}))
    }
    assert len(alike) < len(unlike) == 3


def test_of_several_queries_a_passage_counts_by_the_one_that_it_fits_best(index):
    single = {query: index.search(query, 10) for query in ("whales in the sea", "what pins a component")}
    hits = index.search(list(single), 10)
    best = {}
    for found in single.values():
        for hit in found:
            best[hit.chunk_id] = max(hit.score, best.get(hit.chunk_id, 0.0))
    assert {hit.chunk_id: hit.score for hit in hits} == best
    assert [hit.rank for hit in hits] == list(range(1, len(hits) + 1))


def test_many_queries_at_once_are_searched_as_one_by_one(index):
    queries = ["lock", "replay", "whales", "bread", "digest"]
    assert index.search_many(queries, 3) == [index.search(query, 3) for query in queries]


def test_a_hit_says_when_its_source_has_changed_since(index, project):
    assert index.search("whales", 1)[0].stale is None
    path = project / "docs/notes.txt"
    path.write_text(path.read_text())
    assert index.search("whales", 1)[0].stale == "changed"
    build_index(Settings(root=project, indexes={"docs": IndexSettings(**SETTINGS)}), "docs")
    assert index.search("whales", 1)[0].stale is None
    path.unlink()
    assert index.search("whales", 1)[0].stale == "removed"


def test_a_hit_past_its_time_to_live_says_so(settings_for):
    settings = settings_for(sources=[])
    build_index(
        settings,
        "docs",
        [
            Document("old", "old", "Whales of old.", modified=10**9, ttl=60.0),
            Document("new", "new", "Whales of today.", modified=time.time_ns(), ttl=3600.0),
        ],
    )
    hits = open_index(settings, "docs").search("whales", 2)
    assert {hit.document: hit.stale for hit in hits} == {"old": "expired", "new": None}
    assert status(settings, "docs").expired == ("old",)


def test_all_come_when_k_is_larger_than_the_corpus(index, settings):
    assert len(index.search("anything", 1000)) == build_index(settings, "docs").manifest.chunks


def test_hits_of_equal_score_keep_one_order_whatever_was_built_when(settings, project):
    for name in "abcdef":
        (project / f"docs/{name}.txt").write_text("the very same passage")
    build_index(settings, "docs")
    hits = open_index(settings, "docs").search("the very same passage", 6)
    (project / "docs/d.txt").unlink()
    build_index(settings, "docs")
    (project / "docs/d.txt").write_text("the very same passage")
    build_index(settings, "docs")
    again = open_index(settings, "docs").search("the very same passage", 6)
    assert [hit.uri for hit in again] == [hit.uri for hit in hits]


@pytest.mark.parametrize("mode", ["dense", "bm25", "hybrid"])
def test_which_of_very_many_equal_hits_are_found_does_not_depend_on_the_layout(settings, mode):
    how = SearchSettings(mode=mode)
    documents = [Document(f"d{number}", f"d{number}", "the very same passage") for number in range(300)]
    build_index(settings, "docs", documents[:290])
    update_index(settings, "docs", documents[290:])
    grown = open_index(settings, "docs")
    found = grown.search("the very same passage", 5, how=how)
    assert len(grown.snapshot_in_use.manifest.segments) == 2
    build_index(settings, "docs", documents[::-1], compact=True)
    whole = open_index(settings, "docs")
    assert len(whole.snapshot_in_use.manifest.segments) == 1
    assert [hit.chunk_id for hit in whole.search("the very same passage", 5, how=how)] == [
        hit.chunk_id for hit in found
    ]
    assert [hit.chunk_id for hit in found] == sorted(hit.chunk_id for hit in found)


def test_a_hit_can_be_recorded(index):
    hit = index.search("lock", 1)[0]
    assert normalise(hit)["uri"] == hit.uri
    assert normalise(hit)["ranks"]["dense"] == {
        "rank": 1,
        "score": pytest.approx(hit.ranks["dense"].score),
        "raw": pytest.approx(hit.ranks["dense"].raw),
    }


@pytest.mark.parametrize(
    ("query", "k", "words"),
    [
        ("", 1, "query is empty"),
        (" \n", 1, "query is empty"),
        ("x" * 20_001, 1, "20,001 characters"),
        ("a\ud800b", 1, "lone surrogate"),
        ("lock", 0, "k is 0"),
        ("lock", "3", "k is '3', not a whole number"),
        ("lock", 1.5, "k is 1.5, not a whole number"),
        (5, 1, "a query is text, not 5"),
        (["lock", 3], 1, "a query is text, not 3"),
        ([["lock"]], 1, "a query is text, not"),
        ([], 1, "there is no query"),
    ],
)
def test_a_query_that_cannot_be_searched_is_refused(index, query, k, words):
    with pytest.raises(InputError, match=words):
        index.search(query, k)


def test_many_queries_are_a_list_that_may_be_empty(index):
    assert index.search_many([], 2) == []
    with pytest.raises(InputError, match="takes a list of queries"):
        index.search_many("tea", 2)


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
    assert set(body) == {"kind", "metric", "embedder", "chunker", "analyzer", "search", "documents"}
    assert str(settings.root) not in orjson.dumps(body).decode()


def test_opening_loads_no_model(settings, project):
    build_index(settings, "docs")
    code = (
        "import sys, pathlib\nfrom genops.settings import *\n"
        "from genops.index_settings import *\nfrom genops.retrieval import *\n"
        "settings = Settings(root=pathlib.Path(sys.argv[1]), indexes={'docs': IndexSettings(sources=['docs/*'])})\n"
        "print(status(settings, 'docs').settings_changed, open_index(settings, 'docs').component.digest)\n"
        "print(*{'torch', 'transformers', 'sentence_transformers', 'faiss'} & set(sys.modules))"
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


def test_an_index_of_vectors_alone_has_no_words(settings_for, settings, passages):
    alone = settings_for(search=DENSE)
    snapshot = build_index(alone, "docs")
    assert snapshot.manifest.identity.analyzer is None
    index = open_index(alone, "docs")
    assert index.search("Which mammals live in the sea?", 1)[0].uri == "docs/notes.txt"
    for how in (WORDS, SearchSettings()):
        with pytest.raises(InputError, match="built for vectors alone"):
            index.search("sea", 1, how=how)
    build_index(settings, "docs")
    assert open_index(settings, "docs").search("sea", 1, how=WORDS)[0].uri == "docs/notes.txt"


@pytest.mark.parametrize("where", [[], True, "lang", 3])
def test_a_filter_that_is_none_is_refused(index, where):
    with pytest.raises(InputError, match="a filter is a mapping"):
        index.search("a lock", 3, where=where)
