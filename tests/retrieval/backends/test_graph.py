"""Search by a graph in PostgreSQL: a filter or a tombstone never costs a hit."""

import numpy as np
import pytest

from genops.index_settings import SearchSettings
from genops.retrieval import Document, build_index, open_index, update_index
from tests.retrieval.backends.projects import settings_of

DENSE = SearchSettings(mode="dense", candidates=20)
COUNT = 3_000


@pytest.fixture
def both(tmp_path, new_url):
    """An index on this machine, and the same with a graph in PostgreSQL."""
    chance = np.random.default_rng(3)
    words = [f"word{n}" for n in range(60)]
    texts = [" ".join(chance.choice(words, 12)) for _ in range(COUNT)]
    documents = [
        Document(f"d{n}", f"d{n}", text, metadata={"part": n % 100, "even": n % 2 == 0}) for n, text in enumerate(texts)
    ]
    opened = []
    for backend, kind in (("faiss", "flat"), (new_url("postgresql"), "hnsw")):
        settings = settings_of(tmp_path / kind, backend, kind=kind)
        build_index(settings, "docs", documents)
        update_index(settings, "docs", documents[:0], remove=["d1", "d2", "d3"])
        opened.append(open_index(settings, "docs"))
    return opened


@pytest.mark.postgres
@pytest.mark.slow
def test_a_filter_never_loses_hits(both):
    exact, graph = both
    queries = [f"word{n} word{n + 7} word{n + 13}" for n in range(20)]
    for where in (None, {"even": True}, {"part": 7}, {"part": {"in": [1, 99]}, "even": False}, {"document": "d2000"}):
        ours, theirs = (index.search_many(queries, 10, where=where, how=DENSE) for index in both)
        assert [len(hits) for hits in theirs] == [len(hits) for hits in ours]
        scores = np.array([[hit.score for hit in hits] for hits in ours])
        got = np.array([[hit.score for hit in hits] for hits in theirs])
        assert np.mean(got >= scores - 1e-4) >= 0.95
    everything = graph.search("word1", COUNT, how=DENSE)
    assert len(everything) == COUNT - 3
    assert {"d1", "d2", "d3"}.isdisjoint(hit.document for hit in everything)
    assert len(exact.search("word1", COUNT, how=DENSE)) == COUNT - 3
