"""``genops dataset`` looks at datasets and makes them."""

import json

import pytest

from genops.store import RunFilter, Store


@pytest.fixture
def file(site):
    def file(*rows, name="c.jsonl"):
        (site / name).write_text("".join(json.dumps(row) + "\n" for row in rows))
        return name

    return file


class TestCheck:
    def test_ends_well_when_nothing_is_wrong(self, genops, file):
        done = genops("dataset", "check", file({"id": "a", "what": "x", "expected": "y", "tags": ["t"]}))
        assert "1 cases" in done.out
        assert "tags: t 1" in done.out
        assert done.out.endswith("nothing is wrong\n")

    def test_ends_badly_when_something_is(self, genops, file):
        row = {"what": "x", "expected": "y"}
        done = genops("dataset", "check", file({**row, "split": "a"}, {**row, "split": "b"}), code=1)
        assert "leak: the same inputs in the splits a and b" in done.out
        assert "2 cases have no id" in done.out

    def test_gives_everything_as_json(self, genops, file):
        row = {"what": "x", "expected": "y"}
        found = json.loads(genops("dataset", "check", file(row, row), "--json", code=1).out)
        assert found["cases"] == found["derived"] == 2
        assert [finding["kind"] for finding in found["findings"]] == ["duplicate"]

    def test_checks_the_inputs_of_a_chain(self, genops, file):
        done = genops("dataset", "check", file({"what": 1}), "--chain", "say", code=2)
        assert "c.jsonl:1: input 'what': expected str" in done.err

    def test_compares_by_the_embedder(self, genops, file):
        rows = [{"what": "How do I replay a trace?", "split": "a"}, {"what": "How can I replay traces?", "split": "b"}]
        done = genops("dataset", "check", file(*rows), "--near", "--similarity", "0.8", code=1)
        assert "nearly the same in the splits a and b" in done.out

    def test_takes_a_suite_by_name(self, genops, site, file):
        (site / "evals").mkdir()
        file({"what": "x"}, {"what": "x"}, name="evals/c.jsonl")
        (site / "evals" / "first.yaml").write_text("kind: suite\nchain: say\ndataset: c.jsonl\nscorers: [contains]\n")
        assert "duplicate: the same inputs" in genops("dataset", "check", "first", code=1).out

    @pytest.mark.parametrize("name", ["nothing.jsonl", "nothing"])
    def test_of_nothing_is_wrong_usage(self, genops, name):
        assert "nothing" in genops("dataset", "check", name, code=2).err


class TestShow:
    def test_shows_the_first_cases_and_counts_the_rest(self, genops, file):
        rows = [{"id": f"c{n}", "what": f"w{n}", "expected": n, "split": "test", "tags": ["t"]} for n in range(7)]
        out = genops("dataset", "show", file(*rows), "-n", "2").out
        assert "7 cases" in out
        assert "splits: test 7" in out
        assert "c1" in out
        assert "c2" not in out

    def test_gives_json(self, genops, file):
        found = json.loads(genops("dataset", "show", file({"id": "a", "what": "x"}), "--json").out)
        assert found["first"] == [{"id": "a", "inputs": {"what": "x"}}]
        assert len(found["digest"]) == 64


class TestFromTraces:
    def lines(self, site):
        return [json.loads(line) for line in (site / "out.jsonl").read_text().splitlines()]

    def test_makes_cases_of_what_was_asked_newest_first(self, genops, site):
        genops("run", "say", "-i", "what=one", "--tag", "good")
        genops("run", "say", "-i", "what=two", "--session", "s1")
        genops("run", "say", "-i", "what=one")
        genops("run", "raw", "-i", "text=other")
        done = genops("dataset", "from-traces", "--chain", "say", "-o", "out.jsonl")
        assert done.err == "2 cases written; runs left out: 1 asked before\n"
        first, second = self.lines(site)
        assert first["inputs"] == {"what": "one", "loud": False}
        assert "expected" not in first
        assert second["cluster"] == "s1"
        assert second["metadata"]["run"].startswith(second["id"])
        genops("dataset", "check", "out.jsonl", "--chain", "say")

    def test_a_chain_that_was_never_run_is_no_answer(self, genops, site):
        genops("run", "say", "-i", "what=one")
        done = genops("dataset", "from-traces", "--chain", "sya", "-o", "out.jsonl", code=2)
        assert "no run of a chain 'sya' is recorded\n  did you mean say" in done.err
        assert not (site / "out.jsonl").exists()
        assert "run it first" in genops("dataset", "from-traces", "--chain", "raw", "-o", "-", code=2).err
        done = genops("dataset", "from-traces", "--chain", "say", "--tag", "none", "-o", "out.jsonl")
        assert done.err == "0 cases written\n"

    def test_filters_as_the_list_of_traces_does(self, genops, site):
        genops("run", "say", "-i", "what=one", "--tag", "good")
        genops("run", "say", "-i", "what=two")
        genops("dataset", "from-traces", "--chain", "say", "--tag", "good", "--since", "1h", "-o", "out.jsonl")
        assert [line["inputs"]["what"] for line in self.lines(site)] == ["one"]

    def test_expects_the_output_of_runs_that_have_one(self, genops, site):
        genops("run", "say", "-i", "what=one")
        genops("run", "raw", "-i", "text=fail", code=4)
        genops("dataset", "from-traces", "--chain", "say", "--expect-output", "-o", "out.jsonl")
        assert self.lines(site)[0]["expected"] == "you said one"
        done = genops("dataset", "from-traces", "--chain", "raw", "--expect-output", "-o", "-")
        assert done.out == ""
        assert "1 without an output" in done.err

    def test_leaves_out_replays_and_incomplete_traces_and_counts_them(self, genops, site):
        genops("run", "say", "-i", "what=one")
        genops("trace", "replay", "last")
        with Store.open(f"sqlite:///{site}/.genops/genops.db") as store:
            from sqlalchemy import text

            whole = next(run for run in store.runs(RunFilter(mode="run")))
            with store._engine.begin() as connection:
                connection.execute(text("UPDATE run SET dropped = 3 WHERE id = :id"), {"id": whole.id})
        done = genops("dataset", "from-traces", "--chain", "say", "-o", "out.jsonl")
        assert done.err == "0 cases written; runs left out: 1 incomplete, 1 replayed or of an evaluation\n"

    def test_is_redacted_as_the_record_is(self, genops, site):
        with (site / "genops.toml").open("a") as settings:
            settings.write("[redaction]\nemail = true\n")
        genops("run", "say", "-i", "what=ask ann@example.com")
        genops("dataset", "from-traces", "--chain", "say", "-o", "out.jsonl")
        assert self.lines(site)[0]["inputs"]["what"] == "ask <EMAIL:1>"

    def test_drops_what_is_nearly_the_same(self, genops, site):
        genops("run", "say", "-i", "what=How do I replay a trace?")
        genops("run", "say", "-i", "what=How can I replay traces?")
        genops("run", "say", "-i", "what=whales live in the sea")
        genops("dataset", "from-traces", "--chain", "say", "--near", "--similarity", "0.8", "-o", "out.jsonl")
        assert len(self.lines(site)) == 2

    def test_traces_are_a_dataset_themselves(self, genops, site):
        genops("run", "say", "-i", "what=one")
        (site / "evals").mkdir()
        (site / "evals" / "live.yaml").write_text(
            "kind: suite\nchain: say\nscorers: [contains]\n"
            "dataset: {traces: {chain: say, since: 1h, expected: output}}\n"
        )
        shown = json.loads(genops("dataset", "show", "live", "--json").out)
        assert shown["first"][0]["expected"] == "you said one"
