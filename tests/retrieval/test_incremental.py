"""Any sequence of changes, built one after the other, is the same as one build of what is there in the end."""

import shutil
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from genops.index_settings import IndexSettings, SearchSettings
from genops.retrieval import Document, build_index, open_index, update_index
from genops.retrieval.snapshots.folder import index_folder
from genops.settings import Settings
from tests.retrieval import hashing

hashing.register()
WORDS = ("tea", "whale", "bread", "lock", "rain", "glass")
names = st.sampled_from([f"d{n}" for n in range(8)])
texts = st.lists(st.sampled_from(WORDS), min_size=1, max_size=60).map(" ".join)
contents = st.dictionaries(names, texts, min_size=1, max_size=8)
QUERIES = ("tea", "whale bread", "lock lock rain", "glass tea whale")
HOWS = (SearchSettings(), SearchSettings(mode="dense"), SearchSettings(mode="bm25"), SearchSettings(fusion="rrf"))


def documents(state):
    return [Document(name, name, text, metadata={"first": text.split()[0]}) for name, text in state.items()]


def findings(project):
    index = open_index(project, "docs")
    return [
        [
            (hit.chunk_id, hit.document, hit.text, round(hit.score, 6))
            for hit in index.search(query, 4, how=how, where=where)
        ]
        for query in QUERIES
        for how in HOWS
        for where in (None, {"first": {"in": ["tea", "lock"]}})
    ]


@pytest.mark.slow
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(states=st.lists(contents, min_size=2, max_size=4), compact=st.booleans())
def test_builds_one_after_the_other_are_one_build_of_the_last(states, compact):
    with tempfile.TemporaryDirectory() as folder:
        index = IndexSettings(embedder="hashing", chunk_tokens=24, overlap_tokens=6)
        project = Settings(root=Path(folder), indexes={"docs": index})
        for state in states:
            last = build_index(project, "docs", documents(state))
        if compact:
            last = build_index(project, "docs", documents(states[-1]), compact=True)
        found = findings(project)
        shutil.rmtree(index_folder(project, "docs"))
        whole = build_index(project, "docs", documents(states[-1]))
        assert (whole.digest, whole.manifest.chunks, whole.manifest.metadata) == (
            last.digest,
            last.manifest.chunks,
            last.manifest.metadata,
        )
        assert findings(project) == found


@pytest.mark.slow
@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(first=contents, second=contents)
def test_updates_by_document_are_one_build_of_the_result(first, second):
    with tempfile.TemporaryDirectory() as folder:
        index = IndexSettings(embedder="hashing", chunk_tokens=24, overlap_tokens=6)
        project = Settings(root=Path(folder), indexes={"docs": index})
        build_index(project, "docs", documents(first))
        updated = update_index(project, "docs", documents(second), remove=first.keys() - second.keys())
        assert build_index(project, "docs", documents(second)).digest == updated.digest
