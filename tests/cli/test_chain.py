import json
import shutil

import pytest


def test_list_says_what_there_is_and_what_is_broken(genops, site):
    (site / "chains" / "odd.yaml").write_text("steps: 1\n")
    found = {row["name"]: row for row in json.loads(genops("chain", "list", "--json").out)}
    assert set(found) == {"say", "raw", "pair", "odd"}
    assert found["say"]["inputs"] == ["what", "loud"]
    assert found["odd"]["description"].startswith("broken: ")
    assert "Says what it is given." in genops("chain", "list").out


def test_check_passes_what_is_right(genops):
    done = genops("chain", "check")
    assert "say: fine" in done.out
    assert "has no lock" in done.out


def test_check_finds_every_error_and_ends_with_2(genops, site):
    (site / "chains" / "bad.yaml").write_text(
        "steps:\n"
        "  a: {prompt: say, with: {wat: x}}\n"
        "  b: {tool: no_such_tool}\n"
        "  c: {chain: sya}\n"
        "output: '{{ steps.a.output }}'\n"
    )
    found = json.loads(genops("chain", "check", "bad", "--json", code=2).out)
    errors = {(finding["location"], finding["message"]) for finding in found if finding["severity"] == "error"}
    assert {location for location, _ in errors} == {f"chains/bad.yaml:{line}" for line in (2, 3, 4)}
    assert any("has no input 'wat'" in message for _, message in errors)
    assert any("is not given 'what'" in message for _, message in errors)


def test_graph_is_mermaid_text(genops, site):
    out = genops("chain", "graph", "pair").out
    assert out.startswith("flowchart TD\n")
    assert 'subgraph s0["both<br/>map"]' in out
    genops("chain", "graph", "pair", "-o", "pair.mmd")
    assert (site / "pair.mmd").read_text() == out


@pytest.mark.skipif(shutil.which("dot") is None, reason="Graphviz is not installed")
def test_graph_is_a_picture_by_graphviz(genops, site):
    genops("chain", "graph", "pair", "--format", "svg", "-o", "pair.svg")
    assert "chain say" in (site / "pair.svg").read_text()
    genops("chain", "graph", "pair", "--format", "png", "-o", "pair.png")
    assert (site / "pair.png").read_bytes().startswith(b"\x89PNG")


def test_a_picture_without_graphviz_or_without_a_file_is_refused(genops, monkeypatch):
    assert "needs a file" in genops("chain", "graph", "say", "--format", "svg", code=2).err
    monkeypatch.setenv("PATH", "")
    done = genops("chain", "graph", "say", "--format", "svg", "-o", "say.svg", code=2)
    assert "install graphviz" in done.err


def test_lock_writes_the_file_and_says_what_changed(genops, site):
    assert genops("chain", "lock", "say").out.startswith("chains/say.lock ")
    assert (site / "chains" / "say.lock").is_file()
    with (site / "prompts" / "say.prompt").open("a") as file:
        file.write("more")
    assert "prompt say" in genops("chain", "check", "say").out
    assert "prompt say" in genops("chain", "lock", "say").err
    assert genops("chain", "lock", "say").err == ""


def test_unknown_names_get_the_nearest(genops):
    assert "did you mean pair?" in genops("chain", "graph", "pari", code=2).err
