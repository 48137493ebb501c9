"""An index is searched with any text, and under any filter."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from genops.index_settings import IndexSettings, SearchSettings
from genops.retrieval import build_index, open_index
from genops.settings import Settings
from tests.fuzz.own.material import ODD_TEXT, changed_data, few, or_says_why, texts
from tests.retrieval import hashing

hashing.register()

QUERIES = texts | st.sampled_from([text * 3000 for text in ODD_TEXT if text])
WHERE = [{"uri": "a.md", "year": {">=": 2020}}, {"or": [{"title": {"in": ["a"]}}, {"not": {"lang": "en"}}]}]


@pytest.fixture(scope="module")
def index(tmp_path_factory):
    root = tmp_path_factory.mktemp("searched")
    (root / "a.md").write_text("# Locks\n\nA lock pins every component by its digest.\n", encoding="utf-8")
    (root / "b.md").write_text("Whales are mammals that live in the sea. \U0001f433\n", encoding="utf-8")
    docs = IndexSettings(sources=["*.md"], embedder="hashing", chunk_tokens=32, overlap_tokens=8)
    settings = Settings(root=root, indexes={"docs": docs})
    build_index(settings, "docs")
    return open_index(settings, "docs")


@pytest.mark.parametrize("mode", ["dense", "bm25", "hybrid"])
def test_any_text_is_searched_or_refused(index, mode):
    @few(40)
    @given(QUERIES)
    def holds(query):
        found = or_says_why(index.search, query, 3, how=SearchSettings(mode=mode))
        assert found is None or len(found) <= 3

    holds()


@few(80)
@given(where=changed_data(WHERE))
def test_any_filter_is_one_or_refused(index, where):
    or_says_why(index.search, "lock", 3, where=where)
