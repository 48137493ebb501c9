import json
import os
import subprocess
import sys

from tests.cli.conftest import REPOSITORY


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


def test_a_snapshot_is_shown_with_what_it_was_built_from(genops):
    built = genops("index", "build", "docs").out.strip()
    out = genops("index", "show", "docs").out
    assert out.startswith(f"{built}")
    assert "holds      2 passages of 2 documents" in out
    assert "embedder   model hashing" in out
    manifest = json.loads(genops("index", "show", built, "--json").out)
    assert manifest["identity"]["search"]["mode"] == "hybrid"
    assert [use["action"] for use in manifest["uses"]] == ["build"]


def test_a_rollback_goes_back_and_garbage_goes_away(genops, site):
    first = genops("index", "build", "docs").out.strip()
    (site / "docs" / "tea.md").write_text("# Tea\n\nWhite tea.\n")
    second = genops("index", "build", "docs").out.strip()
    assert genops("index", "rollback", "docs").out.strip() == first
    assert "no snapshot was in use before" in genops("index", "rollback", "docs", code=2).err
    assert genops("index", "gc", "docs", "--keep", 1, "--dry-run").out.strip() == second
    assert "removed 1 snapshot" in genops("index", "gc", "docs", "--keep", 1).err
    assert len(json.loads(genops("index", "list", "--json").out)) == 1


def test_a_snapshot_of_a_published_version_is_no_garbage(genops, site):
    site_chain = site / "chains" / "find.yaml"
    site_chain.write_text(
        "inputs: {q: str}\nsteps:\n  search: {retrieve: docs, query: '{{ inputs.q }}'}\n"
        "output: '{{ steps.search.output }}'\n"
    )
    genops("index", "build", "docs")
    genops("chain", "publish", "find", "-m", "first")
    (site / "docs" / "tea.md").write_text("# Tea\n\nWhite tea.\n")
    genops("index", "build", "docs")
    assert genops("index", "gc", "docs", "--keep", 1).out == ""


def test_a_snapshot_that_a_lock_file_names_is_no_garbage(genops, site):
    (site / "chains" / "find.yaml").write_text(
        "inputs: {q: str}\nsteps:\n  search: {retrieve: docs, query: '{{ inputs.q }}'}\n"
        "output: '{{ steps.search.output }}'\n"
    )
    first = genops("index", "build", "docs").out.strip()
    # in a process of its own: this one would keep the snapshot open, and what is open is no garbage either
    command = [sys.executable, "-m", "genops", "chain", "lock", "find"]
    subprocess.run(command, cwd=site, env={**os.environ, "PYTHONPATH": str(REPOSITORY)}, check=True)
    (site / "docs" / "tea.md").write_text("# Tea\n\nWhite tea.\n")
    genops("index", "build", "docs")
    assert genops("index", "gc", "docs", "--keep", 1).out == ""
    (site / "chains" / "find.lock").unlink()
    assert genops("index", "gc", "docs", "--keep", 1).out.strip() == first


def test_snapshots_are_compared_by_documents_and_by_what_is_found(genops, site):
    first = genops("index", "build", "docs").out.strip()
    (site / "docs" / "tea.md").write_text("# Tea\n\nWhite tea is brewed at 80 degrees.\n")
    genops("index", "build", "docs")
    assert genops("index", "diff", "docs", first).out == "changed docs/tea.md\n"
    assert json.loads(genops("index", "diff", "docs", first, "--json").out)["changed"] == ["docs/tea.md"]
    out = genops("index", "diff", "docs", first, "--query", "tea", "-k", 1).out
    assert [line.split()[0] for line in out.splitlines()] == ["appeared", "vanished"]


def test_verify_finds_what_was_tampered_with(genops, site):
    genops("index", "build", "docs")
    said = genops("index", "verify", "docs").out
    assert "intact, embedder the same (3 texts, each within a cosine distance of 0.001)" in said
    next((site / ".genops" / "indexes" / "docs").rglob("texts.bin")).write_bytes(b"x")
    assert "changed or damaged" in genops("index", "verify", "docs", code=4).err


def test_a_search_is_filtered_and_set_up_by_options(genops):
    genops("index", "build", "docs")
    only_sea = '{"uri": "docs/sea.md"}'
    hits = json.loads(genops("index", "search", "docs", "tea", "--filter", only_sea, "--json").out)
    assert {hit["uri"] for hit in hits} == {"docs/sea.md"}
    hits = json.loads(genops("index", "search", "docs", "tea", "--set", "mode=bm25", "--json").out)
    assert [(hit["uri"], list(hit["ranks"])) for hit in hits] == [("docs/tea.md", ["bm25"])]
    assert "not JSON" in genops("index", "search", "docs", "tea", "--filter", "{", code=2).err
    assert "did you mean mode?" in genops("index", "search", "docs", "tea", "--set", "mod=dense", code=2).err
    assert "is not NAME=VALUE" in genops("index", "search", "docs", "tea", "--set", "dense", code=2).err


def test_an_index_is_judged_compared_and_tuned(genops, site):
    genops("index", "build", "docs")
    queries = [("q1", "green tea water"), ("q2", "whales of the sea"), ("q3", "tea"), ("q4", "sea")]
    (site / "queries.jsonl").write_text("".join(json.dumps({"_id": q, "text": t}) + "\n" for q, t in queries))
    answers = {"q1": "docs/tea.md", "q2": "docs/sea.md", "q3": "docs/tea.md", "q4": "docs/sea.md"}
    (site / "qrels.tsv").write_text("".join(f"{q}\t{d}\t1\n" for q, d in answers.items()))
    judged = ("--queries", "queries.jsonl", "--qrels", "qrels.tsv")
    report = json.loads(genops("index", "eval", "docs", *judged, "--json").out)
    assert "nDCG@10" in json.dumps(report)
    assert "4 queries" in genops("index", "eval", "docs", *judged).out
    assert "nDCG@10" in genops("index", "eval", "docs", *judged, "--set", "mode=bm25").out
    tuned = genops("index", "eval", "docs", *judged, "--search-config", "--chunk-tokens", 24).out
    assert "chunk_tokens" in tuned
    assert "goes with --search-config" in genops("index", "eval", "docs", *judged, "--chunk-tokens", 24, code=2).err


def test_kinds_of_index_are_measured_on_its_own_vectors(genops, site):
    assert "was not built yet" in genops("index", "bench", "docs", code=4).err
    genops("index", "build", "docs")
    assert "too few to measure kinds by" in genops("index", "bench", "docs", code=2).err
    for number in range(150):
        (site / "docs" / f"{number}.md").write_text(f"# Page {number}\n\nAbout topic{number} and topic{number % 7}.\n")
    genops("index", "build", "docs")
    rows = json.loads(genops("index", "bench", "docs", "--json").out)
    assert {row["kind"] for row in rows} >= {"flat", "hnsw"}
    assert [row["recall"] for row in rows if row["kind"] == "flat"] == [1.0]
    assert sum(row["take"] for row in rows) == 1
    assert "RECALL@10" in genops("index", "bench", "docs").out
