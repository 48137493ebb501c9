"""``genops index`` on an index that is in a database or on a server."""

import json

import pytest

from tests.retrieval.backends.conftest import BACKENDS, new_url, pgvector_server

__all__ = ["new_url", "pgvector_server"]


@pytest.fixture(params=BACKENDS)
def site(request, site, new_url, monkeypatch):
    """The project, whose index is in a backend that the environment names."""
    settings = site / "genops.toml"
    settings.write_text(settings.read_text() + 'backend_env = "TEST_INDEX_URL"\n')
    monkeypatch.setenv("TEST_INDEX_URL", new_url(request.param))
    return site


def test_an_index_is_built_searched_rolled_back_and_cleaned(genops, site):
    first = genops("index", "build", "docs").out.strip()
    assert "docs/tea.md" in genops("index", "search", "docs", "green tea", "-k", 1).out
    hits = json.loads(genops("index", "search", "docs", "tea", "--filter", '{"uri": "docs/sea.md"}', "--json").out)
    assert {hit["uri"] for hit in hits} == {"docs/sea.md"}
    assert genops("index", "status", "docs").out == "docs: fresh\n"
    assert "2 rows intact, embedder the same" in genops("index", "verify", "docs").out
    (site / "docs" / "tea.md").write_text("# Tea\n\nWhite tea.\n")
    second = genops("index", "build", "docs").out.strip()
    assert genops("index", "diff", "docs", first).out == "changed docs/tea.md\n"
    rows = json.loads(genops("index", "list", "--json").out)
    assert {row["snapshot"][:12]: row["in_use"] for row in rows} == {
        first.partition("#")[2]: False,
        second.partition("#")[2]: True,
    }
    assert genops("index", "rollback", "docs").out.strip() == first
    assert "Green tea" in genops("index", "search", "docs", "tea", "-k", 1).out
    assert genops("index", "use", "docs", second).out.strip() == second
    assert "no snapshot begins" in genops("index", "use", "docs", "ffffffff", code=2).err
    assert genops("index", "gc", "docs", "--keep", 1).out.strip() == first
    assert len(json.loads(genops("index", "list", "--json").out)) == 1
    assert "(use)" in genops("index", "show", "docs").out


def test_a_server_that_is_away_is_one_error(genops, site, monkeypatch):
    monkeypatch.setenv("TEST_INDEX_URL", "qdrant+http://127.0.0.1:1")
    for command in (["build", "docs"], ["search", "docs", "tea"], ["list"], ["rollback", "docs"], ["gc", "docs"]):
        done = genops("index", *command, code=4)
        assert done.err.startswith("error: Qdrant cannot be reached at qdrant+http://127.0.0.1:1")
        assert "Traceback" not in done.err
