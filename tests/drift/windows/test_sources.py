"""Windows are read from traces, evaluations, datasets and files, and say what they left out."""

import json

import numpy as np
import pytest

from genops.drift.windows import StateSpec, parse_source, read_windows
from genops.drift.windows.reference import Sources
from genops.errors import DefinitionError, InputError, ReferenceNotFound, UsageError
from genops.executor import Chain, RunOptions
from genops.monitoring.monitor import Monitor
from genops.monitoring.spec import MonitorSpec
from genops.syntax import compile_value
from tests.executor.site import ASK


def state(of=None, **more):
    compiled = None if of is None else compile_value(f"{{{{ {of} }}}}")
    return StateSpec("state", compiled, **more)


def window(site, reference, *states):
    states = states or (state(),)
    site.project.store.writer.flush(10.0)
    source = parse_source(reference)
    sources = Sources(site.project.settings, site.project.store, site.root)

    class Wants:
        def reads(self, root):
            return any(one.reads(root) for one in states)

    found = read_windows(source.observations(sources, Wants()), states, source.name)
    return found["state"] if len(states) == 1 else found


def ran(lab, *texts, **options):
    for text in texts:
        Chain.load("echo", project=lab.site.project).run_sync({"text": text}, RunOptions(**options))


class TestTraces:
    def test_give_their_inputs_oldest_first_with_times_runs_and_locks(self, lab):
        ran(lab, "one", "two", "three")
        found = window(lab.site, "traces:chain=echo")
        assert found.values == ("one", "two", "three")
        assert (np.diff(found.times) > 0).all()
        assert len(set(found.runs)) == 3
        assert len(set(found.locks)) == 1
        assert found.group_count == 3

    def test_of_one_session_are_one_group(self, lab):
        ran(lab, "one", "two", session="s")
        ran(lab, "three")
        assert window(lab.site, "traces:echo").group_count == 2

    def test_give_outputs_and_steps_where_these_are_wanted(self, lab):
        lab.replies["two"] = "zwei"
        ran(lab, "one", "two")
        found = window(
            lab.site,
            "traces:chain=echo",
            StateSpec("output", compile_value("{{ output }}")),
            StateSpec("step", compile_value("{{ steps.say.output }}")),
        )
        assert found["output"].values == found["step"].values == ("one", "zwei")

    def test_that_failed_have_inputs_and_no_output(self, lab):
        lab.replies["bad"] = ValueError("no")
        ran(lab, "good")
        with pytest.raises(Exception, match="no"):
            ran(lab, "bad")
        assert window(lab.site, "traces:chain=echo").values == ("good", "bad")
        outputs = window(lab.site, "traces:chain=echo", state("output"))
        assert outputs.values == ("good",)
        assert outputs.left_out == {"the run ended as error": 1}

    def test_of_evaluations_are_compared_only_where_they_are_asked_for(self, lab):
        lab.run(lab.suite(["one"]))
        ran(lab, "two")
        assert window(lab.site, "traces:chain=echo").values == ("two",)
        assert window(lab.site, "traces:chain=echo,mode=eval").values == ("one",)

    def test_are_the_newest_where_there_is_a_limit(self, lab):
        ran(lab, "one", "two", "three")
        assert window(lab.site, "traces:chain=echo,limit=2").values == ("two", "three")

    def test_of_no_chain_name_the_nearest(self, lab):
        ran(lab, "one")
        with pytest.raises(ReferenceNotFound, match=r"(?s)'ecko'.*did you mean echo"):
            window(lab.site, "traces:chain=ecko")

    def test_whose_step_is_misspelt_name_the_nearest(self, lab):
        ran(lab, "one")
        with pytest.raises(InputError, match=r"(?s)steps\.sya: did you mean steps\.say"):
            window(lab.site, "traces:chain=echo", state("steps.sya.output"))

    def test_of_a_chain_that_has_not_run_are_none(self, lab):
        assert len(window(lab.site, "traces:chain=echo")) == 0

    def test_give_numbers_and_labels_of_their_segments(self, lab):
        ran(lab, "one", user="ann")
        found = window(
            lab.site,
            "traces:chain=echo",
            state("run.seconds", segments={"user": compile_value("{{ run.user }}")}),
        )
        assert found.kind == "number"
        assert found.values[0] > 0
        assert found.segments["user"] == ("ann",)

    def test_give_what_monitors_scored_of_them(self, lab):
        data = {"kind": "monitor", "chain": "echo", "scorers": [{"contains": "o"}], "sample": {"rate": 1.0}}
        ran(lab, "before it began")
        lab.site.project.store.writer.flush(10.0)
        monitor = Monitor(MonitorSpec.from_data(data, "live"), lab.site.project)
        monitor.look()
        ran(lab, "one", "three", "two")
        lab.site.project.store.writer.flush(10.0)
        assert monitor.look().drawn == 3
        found = window(lab.site, "traces:chain=echo", state("scores.contains"))
        assert (found.kind, found.values.tolist()) == ("number", [1.0, 0.0, 1.0])
        assert found.left_out == {"no monitor scored it": 1}
        with pytest.raises(InputError, match="nothing of traces:chain=echo can be read") as error:
            window(lab.site, "traces:chain=echo", state("scores.contain"))
        assert "scores.contains" in error.value.hint

    def test_know_the_unit_of_what_every_run_has(self, lab):
        ran(lab, "one")
        units = {
            path: window(lab.site, "traces:echo", state(path)).unit for path in ("run.seconds", "run.cost", "output")
        }
        assert units == {"run.seconds": "s", "run.cost": "USD", "output": ""}
        assert window(lab.site, "traces:echo", state("run.seconds * 1000")).unit == ""

    def test_are_told_apart_by_the_versions_of_their_chain_models_and_prompts(self, lab):
        site = lab.site
        site.scripted("rules: [{text: fine}]")
        for text in (ASK, ASK.replace("{{ question }}", "Say: {{ question }}")):
            site.prompt("ask", text)
            Chain.load("ask", project=site.project).run_sync({"question": "one"})
        named = {"prompt": compile_value("{{ components.prompt.ask }}")}
        found = window(site, "traces:chain=ask", state(segments=named))
        assert set(found.segments) == {"chain ask", "model m", "prompt ask", "prompt"}
        assert len(set(found.segments["chain ask"])) == len(set(found.segments["model m"])) == 1
        assert found.segments["model m"][0].startswith("scripted/m ")
        assert found.segments["prompt"] == found.segments["prompt ask"]
        old, new = found.segments["prompt ask"]
        assert old != new
        assert site.project.store.component(new).name == "ask"


class TestEvaluations:
    def test_give_what_was_asked_and_answered_with_the_samples_of_a_case_as_one_group(self, lab):
        done = lab.run(lab.suite(["one", "two"], repeat=2))
        found = window(lab.site, f"eval:{done.id}", state("output"))
        assert sorted(found.values) == ["one", "one", "two", "two"]
        assert found.group_count == 2

    def test_give_scores_as_numbers(self, lab):
        lab.run(lab.suite(["one"]))
        found = window(lab.site, "eval:demo", state("scores.contains"))
        assert (found.kind, found.values.tolist()) == ("number", [1.0])


class TestDatasets:
    def test_are_files_of_cases_or_those_of_suites(self, lab):
        lab.site.write("evals/cases.jsonl", '{"text": "one", "cluster": "a"}\n{"text": "two", "cluster": "a"}\n')
        lab.site.write("evals/demo.yaml", "kind: suite\nchain: echo\ndataset: cases.jsonl\nscorers: [contains]\n")
        for reference in ("dataset:evals/cases.jsonl", "dataset:demo"):
            found = window(lab.site, reference)
            assert found.values == ("one", "two")
            assert found.group_count == 1

    def test_have_no_outputs(self, lab):
        lab.site.write("evals/cases.jsonl", '{"text": "one"}\n')
        with pytest.raises(InputError, match="output"):
            window(lab.site, "dataset:evals/cases.jsonl", state("output"))

    def test_that_are_not_there_name_the_nearest(self, lab):
        lab.site.write("evals/cases.jsonl", '{"text": "one"}\n')
        with pytest.raises(ReferenceNotFound, match=r"cases\.jsonl"):
            window(lab.site, "dataset:evals/case.jsonl")


class TestFiles:
    def test_of_lines_give_the_text_their_group_and_time(self, site):
        rows = [{"text": "one", "session": "s", "time": "2026-11-03T08:00Z"}, {"text": "two", "time": "2026-11-04"}]
        site.write("rows.jsonl", "\n".join(map(json.dumps, rows)))
        found = window(site, "rows.jsonl")
        assert found.values == ("one", "two")
        assert found.groups[0] == "s"
        assert found.times[0] < found.times[1]

    def test_of_tables_give_numbers_where_these_are_asked_for(self, site):
        site.write("rows.csv", "score\n0.5\n0.25\n")
        found = window(site, "rows.csv", state("score", kind="number"))
        assert found.values.tolist() == [0.5, 0.25]

    def test_of_parquet_give_their_columns(self, site):
        import pyarrow as pa
        from pyarrow import parquet

        table = pa.table({"text": ["one", "two"], "session": ["s", "t"], "vector": [[1.0, 2.0], [3.0, 4.0]]})
        parquet.write_table(table, site.root / "rows.parquet")
        texts, vectors = (window(site, "rows.parquet", state(name)) for name in ("text", "vector"))
        assert (texts.values, texts.groups) == (("one", "two"), ("s", "t"))
        assert vectors.values.tolist() == [[1.0, 2.0], [3.0, 4.0]]

    def test_of_vectors_are_vectors(self, site):
        np.save(site.root / "rows.npy", np.eye(3))
        found = window(site, "rows.npy")
        assert (found.kind, found.values.shape) == ("vector", (3, 3))

    def test_of_vectors_may_name_their_embedder(self, site):
        np.save(site.root / "rows.npy", np.eye(3))
        assert window(site, "rows.npy").embedder == ""
        found = window(site, "rows.npy#minilm")
        assert (found.name, found.embedder) == ("rows.npy#minilm", "minilm")
        lines = [{"vector": [1.0, 2.0], "embedder": name} for name in ("minilm", "other")]
        site.write("rows.jsonl", json.dumps(lines[0]))
        assert window(site, "rows.jsonl").embedder == "minilm"
        site.write("rows.jsonl", "\n".join(map(json.dumps, lines)))
        with pytest.raises(DefinitionError, match="minilm and other"):
            window(site, "rows.jsonl")

    def test_of_lines_may_hold_vectors(self, site):
        site.write("rows.jsonl", '{"vector": [1.0, 2.0]}\n{"vector": [3.0, 4.0]}\n')
        assert window(site, "rows.jsonl").values.tolist() == [[1.0, 2.0], [3.0, 4.0]]

    def test_with_vectors_of_several_dimensions_are_refused(self, site):
        site.write("rows.jsonl", '{"vector": [1.0, 2.0]}\n{"vector": [3.0, 4.0, 5.0]}\n')
        with pytest.raises(DefinitionError, match="2 and 3 dimensions"):
            window(site, "rows.jsonl")

    def test_with_vectors_that_are_not_finite_count_them(self, site):
        np.save(site.root / "rows.npy", np.array([[1.0, np.nan], [1.0, 2.0]]))
        found = window(site, "rows.npy")
        assert len(found) == 1
        assert found.left_out == {"a vector that is not finite": 1}

    def test_with_vectors_that_no_float32_holds_count_them_without_a_warning(self, site, recwarn):
        np.save(site.root / "rows.npy", np.array([[1.0, 1e300], [1.0, 2.0]]))
        assert window(site, "rows.npy").left_out == {"a vector that is not finite": 1}
        assert not recwarn.list

    def test_that_hold_no_rows_of_numbers_are_refused(self, site):
        np.save(site.root / "rows.npy", np.zeros(3))
        with pytest.raises(InputError, match="shape"):
            window(site, "rows.npy")
        site.write("broken.npy", "none")
        with pytest.raises(InputError, match="array"):
            window(site, "broken.npy")

    def test_with_several_texts_ask_which(self, site):
        site.write("rows.jsonl", '{"left": "a", "right": "b"}\n')
        with pytest.raises(InputError, match="left, right"):
            window(site, "rows.jsonl")

    def test_that_are_not_there_name_the_nearest(self, site):
        site.write("rows.jsonl", "{}")
        with pytest.raises(InputError, match=r"rows\.jsonl"):
            window(site, "row.jsonl")


@pytest.mark.parametrize(
    ("reference", "message"),
    [
        ("trace:chain=echo", "traces"),
        ("nothing", "names no window"),
        ("traces:since=7d", "of which chain"),
        ("traces:chain=echo,sinse=7d", "since"),
        ("traces:chian=echo", "unknown key 'chian'"),
        ("traces:chain=echo,since=sometimes", "not a moment"),
        ({"traces": {}, "eval": "last"}, "names no window"),
        ("eval:", "which evaluation"),
    ],
)
def test_a_reference_that_names_no_window_is_one_clear_error(reference, message):
    with pytest.raises(UsageError) as refused:
        parse_source(reference)
    assert message in str(refused.value)
