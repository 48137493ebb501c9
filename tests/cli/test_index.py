import json


def test_an_index_is_built_once_and_searched(genops, site):
    done = genops("index", "build", "docs")
    assert done.out.startswith("docs#")
    assert "2 documents" in done.err
    assert genops("index", "build", "docs").out == done.out
    out = genops("index", "search", "docs", "how warm is water for green tea", "-k", 1).out
    assert out.startswith("[1] ")
    assert "docs/tea.md" in out
    hits = json.loads(genops("index", "search", "docs", "whales", "--json").out)
    assert hits[0]["uri"] == "docs/sea.md"
    assert len(hits) == 2


def test_status_ends_with_1_until_it_is_fresh(genops, site):
    assert "not built" in genops("index", "status", "docs", code=1).out
    genops("index", "build", "docs")
    assert genops("index", "status", "docs").out == "docs: fresh\n"
    (site / "docs" / "tea.md").write_text("# Tea\n\nWhite tea.\n")
    assert genops("index", "status", "docs", code=1).out == "docs: stale\n  changed docs/tea.md\n"
    assert json.loads(genops("index", "status", "docs", "--json", code=1).out)["changed"] == ["docs/tea.md"]


def test_an_earlier_snapshot_can_be_used_again(genops, site):
    assert json.loads(genops("index", "list", "--json").out) == [
        {"name": "docs", "snapshot": None, "in_use": False, "built": None, "documents": None, "passages": None}
    ]
    first = genops("index", "build", "docs").out.strip()
    (site / "docs" / "tea.md").write_text("# Tea\n\nWhite tea.\n")
    second = genops("index", "build", "docs").out.strip()
    assert genops("index", "use", "docs", first.partition("#")[2]).out.strip() == first
    found = {row["snapshot"][:12]: row["in_use"] for row in json.loads(genops("index", "list", "--json").out)}
    assert found == {first.partition("#")[2]: True, second.partition("#")[2]: False}
    assert "yes" in genops("index", "list").out


def test_unknown_names_get_the_nearest(genops):
    assert "did you mean docs?" in genops("index", "build", "doks", code=2).err
    genops("index", "build", "docs")
    assert genops("index", "use", "docs", "ffffffff", code=2).err.startswith("error: ")
