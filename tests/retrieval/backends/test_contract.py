"""What holds of every backend: the hits of the index on this machine, with its scores, filters and errors."""

import random

import pytest

from genops.errors import InputError
from genops.index_settings import SearchSettings
from genops.retrieval import Document, build_index, open_index, update_index
from tests.retrieval.backends.projects import settings_of

WORDS = ("lock", "digest", "replay", "trace", "whale", "sea", "bread", "flour", "water", "model", "prompt", "chain")
MODES = {
    "dense": {"mode": "dense"},
    "bm25": {"mode": "bm25"},
    "hybrid": {},
    "few candidates": {"candidates": 25},
    "rrf": {"fusion": "rrf"},
    "diverse": {"diversity": 0.6},
    "neighbours": {"neighbours": 1},
    "threshold": {"threshold": 0.3},
}
FILTERS = [
    {"lang": "en"},
    {"lang": {"!=": "en"}},
    {"lang": {"in": ["en", "pt", "xx"]}},
    {"lang": {"in": []}},
    {"lang": {"not in": ["en"]}},
    {"lang": {"not in": []}},
    {"lang": {">": "en"}},
    {"lang": {"<=": "id"}},
    {"year": 2003},
    {"year": 2003.0},
    {"year": {"!=": 2003}},
    {"year": {">=": 2003, "<": 2010.5}},
    {"year": {"in": [2001, 2004, 1]}},
    {"score": {"<": 0.5}},
    {"score": 0.1},
    {"draft": True},
    {"draft": {"!=": True}},
    {"draft": {"in": [True, False]}},
    {"tags": "a"},
    {"tags": {"!=": "a"}},
    {"tags": {"in": ["b", "zz"]}},
    {"tags": {"not in": ["a", "b"]}},
    {"not": {"lang": "en"}},
    {"not": {"year": {">": 2000}}},
    {"not": {"not": {"tags": "a"}}},
    {"and": [{"lang": "en"}, {"or": [{"year": {"<": 2005}}, {"tags": "c"}]}]},
    {"or": []},
    {"and": []},
    {"not": {"or": []}},
    {"document": {"in": ["d3", "d4", "d5"]}},
    {"uri": {">": "d5"}},
    {"title": "Second"},
    {"title": ""},
    {"modified": {">=": "1800000000.000000001"}},
    {"modified": "1800000000.000000003"},
    {"name": "Δelta 'quoted' \"x\" \\ %s"},
    {"name": {">": "z"}},
    {"größe": {">": 1}, "ürün": "a"},
    {"lang": "e\0n"},
    {"lang": {"!=": "e\0n"}},
    {"lang": {"in": ["en", "\0"]}},
    {"lang": {"<": "en\0a"}},
    {"lang": {">=": "en\0a"}},
]


def documents(count=40):
    """Documents of several passages, with metadata of every type, each missing somewhere."""
    chance = random.Random(7)
    for n in range(count):
        text = "\n\n".join(f"Part {part}: " + " ".join(chance.choices(WORDS, k=9)) + "." for part in range(1 + n % 4))
        metadata = {}
        if n % 5:
            metadata["lang"] = ["en", "id", "pt"][n % 3]
        if n % 4:
            metadata["year"] = 2000 + n % 7 if n % 3 else float(2000 + n % 7)
        if n % 2:
            metadata["score"] = n / 10
        if n % 3:
            metadata["draft"] = n % 6 == 1
        if n % 6:
            metadata["tags"] = [tag for at, tag in enumerate("abc") if n >> at & 1]
        metadata["größe"] = n % 4
        metadata["ürün"] = "ab"[n % 2]
        if n % 7 == 0:
            metadata["name"] = ["Δelta 'quoted' \"x\" \\ %s", "zeta", "\U0001f40b"][n % 3]
        modified = 1_800_000_000_000_000_000 + n if n % 2 else None
        title = "Second" if n % 8 == 1 else ""
        yield Document(f"d{n}", f"d{n}", text, metadata=metadata, modified=modified, title=title)


@pytest.fixture(scope="module")
def pair_of(tmp_path_factory):
    """Opens the index on this machine and in a backend, once a backend: some documents replaced, some removed."""
    made = {}

    def pair(url):
        if url not in made:
            roots = tmp_path_factory.mktemp("local"), tmp_path_factory.mktemp("backend")
            opened = []
            for root, backend in zip(roots, ("faiss", url), strict=True):
                settings = settings_of(root, backend)
                build_index(settings, "docs", documents())
                new = [Document("d1", "d1", "A new whale, and a lock.", metadata={"lang": "en"})]
                update_index(settings, "docs", new, remove=["d6", "d14"])
                opened.append(open_index(settings, "docs"))
            made[url] = tuple(opened)
        return made[url]

    return pair


@pytest.fixture
def pair(pair_of, shared_url):
    return pair_of(shared_url)


def same(ours, theirs):
    """Whether two lists of hits are the same but for noise; of equal scores at the end either may be left out."""
    assert [hit.score for hit in theirs] == pytest.approx([hit.score for hit in ours], abs=1e-4)
    if not ours:
        return
    cut = ours[-1].score + 2e-4
    certain = {hit.chunk_id for hit in ours if hit.score > cut}
    assert certain <= {hit.chunk_id for hit in theirs}
    theirs_by_id = {hit.chunk_id: hit for hit in theirs}
    for hit in ours:
        other = theirs_by_id.get(hit.chunk_id)
        if other is None:
            continue
        about = ("text", "uri", "start", "end", "heading", "document", "document_hash", "title", "metadata", "stale")
        assert {name: getattr(other, name) for name in about} == {name: getattr(hit, name) for name in about}
        assert other.ranks.keys() == hit.ranks.keys()
        for name, rank in hit.ranks.items():
            assert other.ranks[name].score == pytest.approx(rank.score, abs=1e-4)
            assert other.ranks[name].raw == pytest.approx(rank.raw, abs=1e-3)


def test_the_same_snapshot_has_the_same_digest(pair):
    local, there = pair
    assert there.snapshot == local.snapshot
    assert len(local.snapshot_in_use.manifest.segments) == 2


def test_its_living_rows_are_the_passages_that_can_be_found(pair):
    def listed(index):
        rows = index.corpus.living()
        assert list(rows) == sorted(set(rows.tolist()))
        found = index.corpus.passages(rows)
        return sorted((document.id, passage.start, passage.text) for document, passage in found)

    local, there = pair
    assert listed(there) == listed(local)
    assert len(listed(there)) == there.snapshot_in_use.manifest.chunks


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("query", ["whale and lock digest", "trace trace replay", "nothing like it", "the"])
def test_scores_are_those_of_this_machine(pair, mode, query):
    how = SearchSettings(**MODES[mode])
    local, there = pair
    same(local.search(query, 8, how=how), there.search(query, 8, how=how))


@pytest.mark.parametrize("where", FILTERS, ids=str)
@pytest.mark.parametrize("mode", ["dense", "bm25", "hybrid"])
def test_filters_leave_the_same_passages(pair, where, mode):
    how = SearchSettings(mode=mode)
    ours, theirs = (index.search("whale lock trace water", 500, where=where, how=how) for index in pair)
    same(ours, theirs)
    assert {hit.chunk_id for hit in ours} == {hit.chunk_id for hit in theirs}


@pytest.mark.parametrize(
    "where",
    [
        {"land": "en"},
        {"lang": 3},
        {"year": "2003"},
        {"year": True},
        {"draft": {">": False}},
        {"tags": {"<": "a"}},
        {"lang": "\ud800"},
    ],
    ids=str,
)
@pytest.mark.parametrize("query", ["whale", "xylophone"])
def test_a_filter_that_cannot_be_meant_is_the_same_error(pair, where, query):
    messages = []
    for index in pair:
        for mode in ("dense", "bm25"):
            with pytest.raises(InputError) as caught:
                index.search(query, 1, where=where, how=SearchSettings(mode=mode))
            messages.append(str(caught.value))
    assert len(set(messages)) == 1


def test_what_was_removed_or_replaced_is_not_found(pair):
    for index in pair:
        found = index.search("whale lock", 500, how=SearchSettings(mode="dense"))
        assert {"d6", "d14"}.isdisjoint(hit.document for hit in found)
        assert [hit.text for hit in found if hit.document == "d1"] == ["A new whale, and a lock."]
        assert len(found) == index.snapshot_in_use.manifest.chunks


def test_many_queries_and_several_wordings_are_searched_as_one(pair):
    queries = ["whale", "lock digest", "flour and water"]
    for ours, theirs in zip(*(index.search_many(queries, 5) for index in pair), strict=True):
        same(ours, theirs)
    same(*(index.search(queries, 5) for index in pair))


def test_wide_neighbours_are_the_whole_document(pair):
    how = SearchSettings(neighbours=50, mode="dense")
    ours, theirs = ({hit.chunk_id: hit for hit in index.search("whale", 500, how=how)} for index in pair)
    assert {name: (hit.start, hit.end, hit.text) for name, hit in ours.items()} == {
        name: (hit.start, hit.end, hit.text) for name, hit in theirs.items()
    }
