import pytest

from genops.errors import InputError

PAGES = ("# Tea\n\nGreen tea likes cool water.", "# Sea\n\nWhales live in the sea.", "# Bread\n\nFlour and water.")


CHAIN = """
    inputs: {query: {schema: {}}, k: {type: int, default: 5}, page: {type: str, default: ""}}
    steps:
      search:
        retrieve: docs
        query: "{{ inputs.query }}"
        k: "{{ inputs.k }}"
        MORE
    output: "{{ steps.search.output }}"
    """


def find(site, more=""):
    return site.chain(CHAIN.replace("MORE", more))


def searched(site, run):
    """The attributes of a run's search."""
    return next(span.attributes for span in site.trace(run).spans if span.kind == "retrieve")


@pytest.fixture
def pages(site):
    site.index("docs", *PAGES)
    return site


def test_hits_come_best_first_with_what_each_ranker_said(pages):
    hits = find(pages).run(query="whales in the sea").output
    assert hits[0]["uri"] == "docs/1.md"
    assert set(hits[0]["ranks"]) == {"dense", "bm25"}
    assert [hit["rank"] for hit in hits] == [1, 2, 3]


def test_a_filter_is_evaluated_like_any_other_field(pages):
    chain = find(pages, 'filter: {uri: {"==": "{{ inputs.page }}"}}')
    hits = chain.run(query="water", page="docs/2.md").output
    assert [hit["uri"] for hit in hits] == ["docs/2.md"]


def test_search_settings_stand_in_for_those_of_the_index(pages):
    chain = find(pages, "search: {mode: bm25}")
    assert [hit["uri"] for hit in chain.run(query="whales").output] == ["docs/1.md"]


def test_a_list_of_queries_finds_what_fits_any_of_them(pages):
    hits = find(pages).run(query=["whales", "flour"], k=2).output
    assert {hit["uri"] for hit in hits} == {"docs/1.md", "docs/2.md"}


@pytest.mark.parametrize(
    ("more", "query", "words"),
    [
        ("", 3, "the query is int, not text or a list"),
        ("", [], "there is no query"),
        ("filter: {land: x}", "sea", "no document has a field 'land'"),
        ("filter: [x]", "sea", "`filter` is list, not a mapping"),
        ("search: {mod: bm25}", "sea", "there is no setting 'mod'"),
        ("search: {dense_weight: 2}", "sea", "dense_weight"),
    ],
)
def test_what_cannot_be_searched_with_is_refused(pages, more, query, words):
    with pytest.raises(InputError, match=words):
        find(pages, more).run(query=query)


def test_stale_documents_are_named_in_the_trace(pages):
    chain = find(pages)
    fresh = chain.run_sync({"query": "whales"})
    (pages.root / "docs" / "1.md").write_text("# Sea\n\nWhales no longer live in the sea.")
    stale = chain.run_sync({"query": "whales"})
    assert "genops.retrieval.stale" not in searched(pages, fresh)
    assert searched(pages, stale)["genops.retrieval.stale"] == ["docs/1.md"]
    assert next(hit for hit in stale.output if hit["uri"] == "docs/1.md")["stale"] == "changed"


def test_a_filtered_search_replays_from_the_record(pages):
    chain = find(pages, 'filter: {uri: {"==": "{{ inputs.page }}"}}')
    run = chain.run_sync({"query": "water", "page": "docs/2.md"})
    assert pages.replay(run).identical
