"""Evaluations that are gone on with, narrowed, gated and compared; from Python."""

import asyncio
import json
import random
import subprocess
import threading
import time
from dataclasses import replace

import pytest

from benchmarks.loopback_server import Fault, LoopbackServer, Reply
from genops.artifacts import source
from genops.errors import DefinitionError, ReferenceNotFound, Unfinished, UsageError
from genops.evals import Case, aevaluate, define_suite, scorer, use_scorer
from genops.evals.datasets import Selection
from genops.evals.evaluation import revision
from genops.evals.gate import Verdict
from genops.evals.results import Results
from genops.executor.publication import publish

MANY = [f"case {number}" for number in range(200)]
TEN = MANY[:10]
ROWS = [
    {
        "id": f"c{n}",
        "text": f"case {n}",
        "expected": f"case {n}",
        "split": "test" if n < 4 else "train",
        "tags": ["hard"] if n % 2 else [],
    }
    for n in range(10)
]


def git(folder, *arguments):
    subprocess.run(["git", *arguments], cwd=folder, check=True)


@pytest.mark.parametrize(
    ("scorers", "gate", "again"),
    [
        (["contains", "latency"], ["contains >= 0.5", "latency <= 60 for 100%"], 2),
        (["contains", {"latency": None, "threshold": 60}], ["passed >= 0.5"], 2),
        (["contains", "latency"], ["contains >= 0.5"], 1),
        (["contains"], ["contains >= 0.5"], 1),
    ],
)
def test_a_gate_that_asks_how_long_runs_take_is_given_whole_ones(lab, scorers, gate, again):
    suite = lab.suite(TEN, scorers, gate=gate)
    lab.run(suite)
    done = lab.run(suite, gate=True, fresh=True)
    assert done.evaluation.gate.verdict().outcome == "pass"
    assert max(lab.calls.values()) == again
    assert lab.run(suite).of(done.samples[0].case).reused


def test_so_is_one_of_a_case_that_asks_it_by_a_scorer_of_its_own(lab):
    rows = [
        {"text": "a", "expected": "a"},
        {"text": "b", "expected": "b", "scorers": [{"latency": None, "threshold": 9}]},
    ]
    suite = lab.suite(rows, gate=["passed >= 0.5"])
    lab.run(suite)
    lab.run(suite, gate=True)
    assert max(lab.calls.values()) == 2


class TestResuming:
    def test_it_makes_what_failed_and_nothing_else(self, lab):
        lab.replies.update({"case 3": ValueError("away"), "case 7": ValueError("away")})
        first = lab.run(lab.suite(TEN), memo=False)
        assert (first.done, first.record.status) == ((8, 2), "stopped")
        lab.replies.clear()
        second = lab.run(lab.suite(TEN), resume=True, memo=False)
        assert (second.id, second.progress.resumed, second.done) == (first.id, 8, (2, 0))
        assert second.record.status == "finished"
        assert lab.calls["case 3"] == lab.calls["case 7"] == 2
        assert sum(lab.calls.values()) == 12
        assert {sample.status for sample in second.samples} == {"ok"}

    def test_a_finished_one_has_nothing_left(self, lab):
        first = lab.run(lab.suite(TEN))
        again = lab.run(lab.suite(TEN), resume=True)
        assert (again.id, again.done, again.progress.resumed) == (first.id, (0, 0), 10)

    def test_it_keeps_the_order_that_was_begun(self, lab):
        first = lab.run(lab.suite(TEN, budget={"seconds": 1e-9}), seed=5)
        again = lab.run(lab.suite(TEN), resume=True, seed=9)
        assert (again.id, again.record.body["seed"]) == (first.id, 5)
        assert again.progress.done == 10

    def test_there_must_be_something(self, lab):
        with pytest.raises(Unfinished, match="there is nothing to resume: the suite 'demo' was never run"):
            lab.run(lab.suite(TEN), resume=True)

    @pytest.mark.parametrize(
        ("changed", "what"),
        [
            ({"rows": [*TEN, "more"]}, "the dataset"),
            ({"scorers": ["exact_match"]}, "the scorer 'contains', the scorer 'exact_match'"),
            ({"scorers": [{"contains": None, "threshold": 0.5}]}, "the scorer 'contains'"),
            ({"repeat": 2}, "`repeat`"),
            ({"of": "{{ output.upper() }}"}, "`of`"),
            ({"variants": [{"name": "other"}]}, "the variant 'echo', the variant 'other'"),
        ],
        ids=["rows", "another scorer", "a threshold", "repeats", "of", "variants"],
    )
    def test_a_changed_suite_says_what_changed(self, lab, changed, what):
        lab.run(lab.suite(TEN))
        rows = changed.pop("rows", TEN)
        with pytest.raises(Unfinished) as caught:
            lab.run(lab.suite(rows, **changed), resume=True)
        assert caught.value.message.startswith("the last evaluation of 'demo' cannot be resumed: ")
        assert what in caught.value.message
        assert "without --resume" in caught.value.hint

    def test_a_changed_chain_is_another_evaluation(self, lab):
        lab.run(lab.suite(TEN))
        lab.site.write("chains/echo.yaml", (lab.site.root / "chains/echo.yaml").read_text() + "description: new\n")
        lab.site.reopen()
        with pytest.raises(Unfinished, match="the variant 'echo' changed since"):
            lab.run(lab.suite(TEN), resume=True)

    def test_two_at_once_do_not_make_the_same_samples(self, lab):
        waiting, go_on = threading.Event(), threading.Event()

        def wait():
            waiting.set()
            go_on.wait(30)
            return "case 0"

        lab.run(lab.suite(TEN, budget={"seconds": 1e-9}))
        lab.replies["case 0"] = wait
        found = []
        thread = threading.Thread(target=lambda: found.append(lab.run(lab.suite(TEN), resume=True)))
        thread.start()
        assert waiting.wait(30)
        with pytest.raises(Unfinished, match="is under way in another process"):
            lab.run(lab.suite(TEN), resume=True)
        go_on.set()
        thread.join(30)
        assert found[0].done == (10, 0)
        assert set(lab.calls.values()) == {1}
        assert not list(lab.site.project.settings.data_dir.glob("*.lock"))


class TestNarrowing:
    def cases(self, lab, **selection):
        done = lab.run(lab.suite(ROWS), selection=Selection(**selection))
        return sorted(sample.case for sample in done.samples)

    def test_by_split_filter_and_where(self, lab):
        assert self.cases(lab, split="test") == ["c0", "c1", "c2", "c3"]
        assert self.cases(lab, filter="hard") == ["c1", "c3", "c5", "c7", "c9"]
        assert self.cases(lab, filter=["c1", "c2"]) == ["c1", "c2"]
        assert self.cases(lab, split="test", where="{{ 'hard' in tags }}") == ["c1", "c3"]

    def test_by_a_sample_that_is_the_same_for_a_seed(self, lab):
        first = self.cases(lab, sample=3, seed=1)
        assert len(first) == 3
        assert first == self.cases(lab, sample=3, seed=1)
        assert len(self.cases(lab, sample=0.5)) == 5

    def test_what_the_suite_selects_is_narrowed_further(self, lab):
        lab.site.write("rows.jsonl", "".join(json.dumps({"text": text, "split": "s"}) + "\n" for text in TEN))
        suite = lab.file("""
            chain: echo
            dataset: {file: ../rows.jsonl, split: s, sample: 6}
            scorers: [{contains: case}]
            """)
        wide = {sample.case for sample in lab.run(suite).samples}
        for seed in range(10):
            narrow = {sample.case for sample in lab.run(suite, selection=Selection(sample=2, seed=seed)).samples}
            assert len(narrow) == 2
            assert narrow < wide
        assert len(lab.run(suite, selection=Selection(sample=0.5)).samples) == 3

    def test_nothing_left_is_an_error(self, lab):
        with pytest.raises(UsageError):
            lab.run(lab.suite(ROWS), selection=Selection(filter="nothing"))

    def test_a_narrowed_run_is_resumed_by_the_same_selection_only(self, lab):
        lab.run(lab.suite(ROWS), selection=Selection(split="test"))
        with pytest.raises(Unfinished, match=r"which cases are asked .* changed since"):
            lab.run(lab.suite(ROWS), resume=True)


class TestOnlyFailed:
    def test_a_sample_is_drawn_of_those_that_failed(self, lab):
        lab.replies.update({"case 1": "bad", "case 3": "bad"})
        first = lab.run(lab.suite(TEN))
        for seed in range(10):
            again = lab.run(lab.suite(TEN), only_failed=first.id, selection=Selection(sample=1, seed=seed))
            assert [sample.status for sample in again.samples] == ["ok"]

    def test_takes_the_cases_that_failed_in_any_of_the_three_ways(self, lab):
        @scorer("unsure", threshold=0.0)
        def unsure(output: str) -> float:
            return float("nan") if output == "case 2" else 1.0

        lab.replies["case 1"] = ValueError("away")
        lab.replies["case 3"] = "bad"
        suite = lab.suite([{"id": text, "text": text, "expected": text} for text in TEN], ["contains", "unsure"])
        first = lab.run(suite)
        lab.replies.clear()
        second = lab.run(suite, only_failed=first.id, memo=False)
        assert second.id != first.id
        assert sorted(sample.case for sample in second.samples) == ["case 1", "case 2", "case 3"]
        assert second.progress.total == 3

    def test_takes_cases_whose_ids_the_store_cannot_hold_as_they_are(self, lab):
        rows = [{"id": id, "text": "a", "expected": "b"} for id in ("nul\0", "half \ud800", "fine")]
        first = lab.run(lab.suite(rows))
        assert lab.run(lab.suite(rows), only_failed=first.id).progress.total == 3

    def test_is_resumed_as_what_it_is_and_leaves_the_whole_alone(self, lab):
        lab.replies.update({"case 1": "bad", "case 3": "bad"})
        first = lab.run(lab.suite(TEN))
        narrow = lab.run(lab.suite(TEN, budget={"seconds": 1e-9}), only_failed=first.id)
        assert len(narrow.samples) == 0
        resumed = lab.run(lab.suite(TEN), only_failed=first.id, resume=True)
        assert (resumed.id, resumed.progress.done) == (narrow.id, 2)
        whole = lab.run(lab.suite(TEN), resume=True)
        assert (whole.id, whole.progress.done) == (first.id, 0)

    def test_goes_on_with_the_cases_that_it_was_begun_with_whatever_has_passed_since(self, lab):
        lab.replies.update({"case 1": ValueError("away"), "case 3": ValueError("away")})
        first = lab.run(lab.suite(TEN))
        narrow = lab.run(lab.suite(TEN), only_failed=first.id)
        assert [sample.status for sample in narrow.samples] == ["error", "error"]
        del lab.replies["case 1"]
        for named in (narrow.id, first.id):
            resumed = lab.run(lab.suite(TEN), only_failed=named, resume=True)
            assert (resumed.id, resumed.progress.total) == (narrow.id, 2)
        assert sorted(sample.status for sample in resumed.samples) == ["error", "ok"]
        lab.replies.clear()
        lab.run(lab.suite(TEN), resume=True)
        last = lab.run(lab.suite(TEN), only_failed=first.id, resume=True)
        assert (last.id, [sample.status for sample in last.samples]) == (narrow.id, ["ok", "ok"])

    def test_of_those_that_failed_again_goes_on_by_itself(self, lab):
        lab.replies.update({"case 1": "bad", "case 3": "bad"})
        first = lab.run(lab.suite(TEN))
        del lab.replies["case 1"]
        second = lab.run(lab.suite(TEN), only_failed=first.id, memo=False)
        third = lab.run(lab.suite(TEN, budget={"seconds": 1e-9}), only_failed=second.id)
        resumed = lab.run(lab.suite(TEN), only_failed=second.id, resume=True)
        assert (resumed.id, resumed.progress.total, len(resumed.samples)) == (third.id, 1, 1)

    def test_needs_failures_and_an_evaluation_that_is_there(self, lab):
        done = lab.run(lab.suite(TEN))
        with pytest.raises(UsageError, match=r"no case of the evaluation .* failed"):
            lab.run(lab.suite(TEN), only_failed=done.id)
        with pytest.raises(ReferenceNotFound):
            lab.run(lab.suite(TEN), only_failed="feed")

    def test_is_no_matter_for_a_gate(self, lab):
        lab.replies["case 1"] = "bad"
        suite = lab.suite(TEN, gate="contains >= 0.5")
        first = lab.run(suite)
        with pytest.raises(UsageError, match="the gate is about all cases"):
            lab.run(suite, only_failed=first.id, gate=True)


class TestGating:
    def test_stops_as_soon_as_it_is_certain(self, lab):
        done = lab.run(lab.suite(MANY, gate="contains >= 0.8"), gate=True)
        assert done.verdict.outcome == "pass"
        assert sum(lab.calls.values()) < 100
        assert done.record.status == "finished"
        assert Verdict.from_json(done.record.verdict) == done.verdict

    def test_the_tables_of_one_that_stopped_are_of_the_whole_dataset(self, lab):
        """Heavy clusters are drawn first: as they stand, what was made would tell 0.97, not 0.91."""
        sizes = [10 if n % 2 else 1 for n in range(150)]
        rows = [
            {"text": "good" if size > 1 else "bad", "expected": "good", "cluster": str(n)}
            for n, size in enumerate(sizes)
            for _ in range(size)
        ]
        suite = lab.suite(rows, gate="contains >= 0.5")
        results = Results(lab.site.project.store, lab.site.project.settings)
        found = []
        for seed in range(8):
            done = lab.run(suite, gate=True, fresh=True, seed=seed)
            assert len(done.samples) < 400
            found.append(results.summary(results.find(done.id)).variants[0].metrics["contains"].mean)
        assert sum(mean.value for mean in found) / 8 == pytest.approx(10 / 11, abs=0.02)
        assert all(mean.low <= 10 / 11 <= mean.high for mean in found)

    def test_what_is_compared_with_one_that_stopped_is_compared_on_the_whole_dataset(self, lab):
        """The heavy clusters win a tenth, the light ones lose all: a difference of 0, not of 0.09."""
        rows = [
            {"text": f"{'light' if n % 2 else 'heavy'} {n} {member}", "expected": "good", "cluster": str(n)}
            for n in range(160)
            for member in range(1 if n % 2 else 10)
        ]
        for row in rows:
            lab.replies[row["text"]] = "good" if row["text"].startswith("light") else "neither"
        stopped = [
            lab.run(lab.suite(rows, gate="contains >= 0.6"), gate=True, fresh=True, seed=seed, memo=False)
            for seed in range(4)
        ]
        assert all(len(done.samples) < 500 for done in stopped)
        for row in rows:
            kind, _, member = row["text"].split()
            lab.replies[row["text"]] = "good" if (kind, member) == ("heavy", "0") else "bad"
        whole = lab.run(lab.suite(rows), memo=False)
        results = Results(lab.site.project.store, lab.site.project.settings)
        found = [
            results.summary(results.find(whole.id), against=results.find(done.id)).comparisons[0].metrics[0].difference
            for done in stopped
        ]
        assert all(difference.low <= 0 <= difference.high for difference in found)

    def test_without_it_all_cases_are_run(self, lab):
        done = lab.run(lab.suite(TEN, gate="contains >= 0.8"))
        assert (done.evaluation.gate, done.progress.done) == (None, 10)

    def test_a_decided_one_makes_no_call_when_it_is_run_again(self, lab):
        suite = lab.suite(MANY, gate="contains >= 0.8")
        first = lab.run(suite, gate=True)
        calls = sum(lab.calls.values())
        again = lab.run(suite, gate=True, memo=False)
        assert (again.id, again.progress.done) == (first.id, 0)
        assert again.verdict.outcome == "pass"
        assert sum(lab.calls.values()) == calls

    def test_a_decided_one_makes_no_call_although_some_of_its_samples_failed(self, lab):
        lab.replies.update({text: ValueError("away") for text in MANY[::20]})
        suite = lab.suite(MANY, gate="contains >= 0.5")
        first = lab.run(suite, gate=True)
        assert first.verdict.outcome == "pass"
        calls = sum(lab.calls.values())
        again = lab.run(suite, gate=True, memo=False)
        assert (again.verdict.outcome, again.record.status) == ("pass", "finished")
        assert sum(lab.calls.values()) == calls

    def test_an_open_one_goes_on_where_it_stood(self, lab):
        first = lab.run(lab.suite(MANY, gate="contains >= 0.8", budget={"seconds": 1e-9}), gate=True)
        assert first.verdict.outcome == "undecided"
        second = lab.run(lab.suite(MANY, gate="contains >= 0.8"), gate=True, seed=3)
        assert (second.id, second.record.body["seed"]) == (first.id, first.record.body["seed"])
        assert second.verdict.outcome == "pass"

    def test_the_same_begun_twice_at_once_is_one_process_and_not_two(self, lab, monkeypatch):
        monkeypatch.setattr("genops.evals.evaluation.revision", lambda root: time.sleep(0.5) or "")
        suite = lab.suite(TEN, gate=["contains >= 0.5"])

        async def both():
            begun = (aevaluate(suite, lab.site.project, gate=True) for _ in range(2))
            return await asyncio.gather(*begun, return_exceptions=True)

        refused = [found for found in asyncio.run(both()) if isinstance(found, BaseException)]
        assert all(isinstance(error, Unfinished) for error in refused)
        (record,) = lab.site.project.store.evaluations()
        assert record.status == "finished"

    def test_fresh_starts_over_in_another_order(self, lab):
        suite = lab.suite(MANY, gate="contains >= 0.8")
        first = lab.run(suite, gate=True)
        again = lab.run(suite, gate=True, fresh=True, memo=False)
        assert again.id != first.id
        assert again.progress.done > 0
        assert again.record.body["seed"] != first.record.body["seed"]

    def test_a_seed_draws_the_same_order_again(self, lab):
        suite = lab.suite(MANY, gate="contains >= 0.8")
        first, again = (lab.run(suite, gate=True, fresh=True, seed=7) for _ in range(2))
        assert first.id != again.id
        assert first.record.body["seed"] == again.record.body["seed"] == 7

    def test_a_change_of_the_chain_or_of_the_cases_is_asked_in_an_order_of_its_own(self, lab):
        def order(rows=MANY):
            plan = lab.plan(lab.suite(rows, gate="contains >= 0.8"))
            return [unit[0] for unit in plan.units]

        first = order()
        assert order() == first
        assert order([*MANY[:-1], "another"]) != first
        path = lab.site.root / "chains/echo.yaml"
        path.write_text(path.read_text().replace('steps.say.output }}"', 'steps.say.output }}."'))
        lab.site.reopen()
        assert order() != first

    def test_a_changed_rule_is_another_comparison(self, lab):
        first = lab.run(lab.suite(TEN, gate="contains >= 0.8"), gate=True)
        other = lab.run(lab.suite(TEN, gate="contains >= 0.7"), gate=True)
        assert other.id != first.id

    def test_both_arms_of_a_baseline_run_in_one_job(self, lab):
        lab.site.write("chains/old.yaml", (lab.site.root / "chains/echo.yaml").read_text())
        suite = lab.suite(MANY, gate="contains not worse than old by 0.1")
        done = lab.run(suite, gate=True)
        assert done.verdict.outcome == "pass"
        assert {sample.variant for sample in done.samples} == {"echo", "old"}
        assert [rule.variant for rule in done.verdict.rules] == ["echo"]

    def test_a_baseline_may_be_a_published_version_or_one_in_git(self, lab):
        site = lab.site
        git(site.root, "init", "-q", "-b", "main")
        git(site.root, "add", ".")
        git(site.root, "-c", "user.name=t", "-c", "user.email=t@t", "commit", "-q", "-m", "first")
        publish(site.project, "chain", "echo", "first")
        path = site.root / "chains/echo.yaml"
        path.write_text(path.read_text().replace('"{{ steps.say.output }}"', '"{{ steps.say.output }} and more"'))
        site.reopen()
        for baseline in ("echo@1", "echo@git:main"):
            suite = lab.suite(MANY, ["exact_match"], gate=f"exact_match not worse than {baseline} by 0.1")
            done = lab.run(suite, gate=True)
            assert done.verdict.outcome == "fail"
            assert {sample.variant for sample in done.samples} == {"echo", baseline}

    def test_what_the_baseline_is_must_be_there(self, lab):
        with pytest.raises(ReferenceNotFound):
            lab.run(lab.suite(TEN, gate="contains not worse than echo@7 by 0.1"), gate=True)

    def test_a_suite_without_one_says_so(self, lab):
        with pytest.raises(UsageError, match="the suite 'demo' has no gate"):
            lab.run(lab.suite(TEN), gate=True)

    @pytest.mark.parametrize("concurrency", [1, 8, 300])
    def test_one_that_hangs_holds_up_no_more_than_what_comes_after_it(self, lab, concurrency):
        lab.replies[MANY[7]] = lambda: threading.Event().wait(0.5) and ""
        gate = {"rules": ["contains >= 0.99"], "alpha": 1e-12, "about": "population"}
        done = lab.run(lab.suite(MANY, gate=gate, concurrency=concurrency), gate=True)
        assert (done.done, done.verdict.outcome) == ((200, 0), "undecided")
        assert (done.verdict.used, done.record.status) == (len(done.samples), "finished")

    def test_what_ended_before_the_budget_did_is_all_seen(self, lab):
        lab.replies.update({text: lambda text=text: time.sleep(0.05) or text for text in MANY})
        gate = {"rules": ["contains >= 0.99"], "alpha": 1e-12, "about": "population"}
        done = lab.run(lab.suite(MANY, gate=gate, budget={"seconds": 1.0}, concurrency=4), gate=True)
        assert done.progress.stopped
        assert 0 < done.verdict.used == len(done.samples) < 200
        assert done.verdict.seen > 0

    @pytest.mark.parametrize("bad", range(0, 24, 8))
    def test_the_order_in_which_runs_end_has_no_say(self, lab, bad):
        def reply(number, text):
            def late():
                time.sleep(random.random() / 50)
                return "bad" if number < bad else text

            return late

        lab.replies.update({text: reply(number, text) for number, text in enumerate(MANY[:60])})
        verdicts = []
        for concurrency in (1, 40):
            suite = lab.suite(MANY[:60], gate="contains >= 0.8", concurrency=concurrency)
            verdicts.append(lab.run(suite, gate=True, fresh=True, memo=False, seed=0).verdict)
        assert replace(verdicts[0], used=0) == replace(verdicts[1], used=0)


WRONG = [
    ({"fresh": True}, "--fresh goes with --gate"),
    ({"fresh": True, "gate": True, "resume": True}, "--resume goes on with an evaluation; --fresh starts one"),
    ({"concurrency": 0}, "the concurrency is 1 or more, not 0"),
    ({"concurrency": -1}, "the concurrency is 1 or more, not -1"),
    ({"only_failed": "", "gate": True}, "the gate is about all cases"),
    ({"name": "half \udcff"}, "is no name"),
]


@pytest.mark.parametrize(("options", "message"), WRONG, ids=str)
def test_options_that_do_not_go_together_are_refused_and_none_is_left_unheard(lab, options, message):
    with pytest.raises(UsageError, match=message):
        lab.run(lab.suite(TEN, gate=["contains >= 0.5"]), **options)
    assert lab.site.project.store.evaluations() == []


@pytest.mark.parametrize("names", [{"name": "nul\0"}, {"variants": [{"name": "nul\0"}]}])
def test_a_name_by_which_nothing_is_found_again_is_refused(lab, names):
    with pytest.raises(UsageError, match=r"'nul\\x00' is no name"):
        lab.run(lab.suite(TEN, **names))


class TestSuitesOfPython:
    def test_cases_and_scorers_are_objects(self, lab):
        cases = [Case("one", {"text": "a"}, expected="a", tags=("t",), weight=2.0, cluster="k", metadata={"x": 1})]
        done = lab.run(lab.suite(cases, [use_scorer("contains", mode="any", name="mentions", threshold=1)]))
        assert done.score("one", "mentions")["passed"] is True

    def test_rows_come_from_a_function_too(self, lab):
        def rows():
            yield {"text": "a", "expected": "a"}
            yield Case("two", {"text": "b"}, expected="c")

        suite = define_suite("made", chain="echo", dataset=rows, scorers=["contains"])
        assert lab.run(suite).score("two")["passed"] is False

    @pytest.mark.parametrize("dataset", [None, 5, lambda: None])
    def test_what_is_no_dataset_is_refused(self, dataset):
        with pytest.raises(DefinitionError, match="<suite made>: dataset"):
            define_suite("made", chain="echo", dataset=dataset, scorers=["contains"])

    def test_what_is_no_case_is_refused(self, lab):
        with pytest.raises(DefinitionError, match="`rows`"):
            lab.suite([{"text": "a"}, 3])

    def test_another_chain_is_put_under_test_by_reference(self, lab):
        lab.site.write(
            "chains/loud.yaml",
            (lab.site.root / "chains/echo.yaml")
            .read_text()
            .replace('"{{ steps.say.output }}"', '"{{ steps.say.output.upper() }}"'),
        )
        done = lab.run(lab.suite([{"id": "c", "text": "a", "expected": "A"}]), chain="loud")
        assert done.of("c").variant == "loud"
        assert done.score("c")["passed"] is True

    def test_one_chain_cannot_take_the_place_of_several(self, lab):
        lab.site.write("chains/loud.yaml", (lab.site.root / "chains/echo.yaml").read_text())
        suite = lab.suite(TEN, variants={"chain": ["echo", "loud"]})
        with pytest.raises(UsageError, match="several chains"):
            lab.run(suite, chain="echo")

    def test_variants_take_the_same_inputs(self, lab):
        lab.site.scripted("rules: [{text: good}]")
        with pytest.raises(UsageError, match="take different inputs"):
            lab.run(lab.suite(TEN, variants={"chain": ["echo", "ask"]}))

    def test_a_model_that_takes_the_place_of_none_is_an_error_that_says_how_to_write_it(self, lab):
        lab.site.scripted("rules: [{text: good}]")
        with pytest.raises(UsageError, match="used no model 'big'") as caught:
            lab.run(lab.suite([{"question": "a"}], chain="ask", variants={"model": ["big"]}))
        assert "=big to put it in the place of" in (caught.value.hint or "")

    def test_a_swap_of_what_the_chain_does_not_use_is_an_error(self, lab):
        with pytest.raises(UsageError, match="the chain 'echo' used no prompt 'other'"):
            lab.run(lab.suite(TEN, variants={"prompt": ["other@1", "other"]}))

    def test_parameters_of_a_chain_without_models_are_an_error(self, lab):
        with pytest.raises(UsageError, match="the chain 'echo' uses no model"):
            lab.run(lab.suite(TEN, variants={"parameters": [{"temperature": 0}, {"temperature": 1}]}))

    def test_a_broken_scorer_of_a_case_is_told_of_before_the_run(self, lab):
        rows = [{"text": "a", "expected": "a"}, {"id": "c9", "text": "b", "scorers": [{"containz": "b"}]}]
        with pytest.raises(UsageError, match="no scorer is called 'containz'") as caught:
            lab.run(lab.suite(rows))
        assert "c9" in str(caught.value.at)
        assert not lab.calls
        with pytest.raises(UsageError, match="'contains' gives 0 to inf, that of the suite 0 to 1"):
            lab.run(lab.suite([{"id": "c", "text": "a", "scorers": [{"latency": None, "name": "contains"}]}]))

    @pytest.mark.parametrize("scorer", ["{prompt: free}", "{rubric: Good?, prompt: free}"])
    def test_a_judge_whose_template_gives_text_is_told_of_before_the_run(self, lab, scorer):
        lab.site.scripted("rules: [{text: good}]")
        lab.site.prompt("free", "---\ninputs: {output: str}\n---\nGood? {{ output }}")
        suite = lab.file(f"chain: echo\ndataset:\n  - {{text: a}}\nscorers:\n  - {scorer}\n")
        with pytest.raises(UsageError, match="'free' declares no `output`") as caught:
            lab.run(suite)
        assert str(caught.value.at).endswith("demo.yaml:5")
        assert not lab.calls

    def test_a_case_without_any_scorer_is_told_of_before_the_run(self, lab):
        with pytest.raises(UsageError, match="case 'c' has no scorers"):
            lab.run(lab.suite([{"id": "c", "text": "a"}], []))
        done = lab.run(lab.suite([{"id": "c", "text": "a", "scorers": [{"contains": "a"}]}], []))
        assert done.score("c")["passed"] is True

    @pytest.mark.parametrize(
        ("rows", "message"),
        [
            ([], "no cases"),
            ([{"expected": "a"}], "text"),
            ([{"id": "a", "text": "x"}, {"id": "a", "text": "y"}], "the id 'a'"),
            ([{"text": 5}], "text"),
            ([{"text": "x", "weight": 0}], "weight"),
        ],
        ids=["empty", "missing column", "duplicate ids", "mistyped", "weightless"],
    )
    def test_a_broken_dataset_is_told_of_before_the_run(self, lab, rows, message):
        with pytest.raises(UsageError, match=message):
            lab.run(lab.suite(rows))

    def test_a_missing_dataset_is_told_of_with_its_place(self, lab):
        suite = lab.file("chain: echo\ndataset: cases.jsonl\nscorers: [contains]\n")
        with pytest.raises(UsageError, match="there is no such file") as caught:
            lab.run(suite)
        assert "cases.jsonl" in str(caught.value.at)


class TestManifests:
    def test_scorers_of_a_plug_in_are_there_with_their_source(self, lab, monkeypatch):
        package = lab.site.write(
            "house_scorers/__init__.py",
            """
            from genops.evals import scorer

            def register(registry):
                @scorer("house")
                def house(output: str) -> float:
                    return 1.0
            """,
        )
        monkeypatch.syspath_prepend(str(lab.site.root))
        lab.site.top += 'plugins = ["house_scorers"]\n'
        lab.site.settings("")

        def entry():
            done = lab.run(lab.suite(["a"], ["house"]))
            (found,) = done.record.body["manifest"]["scorers"]
            return found

        lab.site.project  # noqa: B018
        first = entry()
        assert first["scorer"] == "house"
        assert len(first["code"]) == 1
        assert entry() == first
        package.write_text(package.read_text().replace("1.0", "0.5"))
        source._folder_digest.cache_clear()
        assert entry()["code"] != first["code"]

    def test_a_manifest_names_locks_dataset_and_rules(self, lab):
        body = lab.run(lab.suite(["a"], gate="contains >= 0.1"), gate=True).record.body["manifest"]
        (variant,) = body["variants"]
        assert (
            variant["lock"]
            == lab.site.project.closure(lab.site.project.source.chain("echo"), lab.site.project.source).lock.digest
        )
        assert len(body["dataset"]["digest"]) == 64
        assert body["gate"] == {"rules": ["contains >= 0.1"], "alpha": 0.05, "about": "dataset"}


class TestVariants:
    @pytest.fixture
    def server(self):
        with LoopbackServer(answer=lambda body: Reply(text=str(body.get("temperature")))) as server:
            yield server

    def test_a_matrix_runs_every_combination_on_every_case(self, lab, server):
        lab.site.served(server.url)
        lab.site.served(server.url, alias="big")
        suite = lab.suite(
            [{"id": "q", "question": "why", "expected": "x"}],
            chain="ask",
            variants={"model": ["m", "m=big"], "parameters": [{"temperature": 0.1}, {"temperature": 0.9}]},
        )
        done = lab.run(suite)
        asked = {(call.body["model"], call.body["temperature"]) for call in server.requests}
        assert asked == {("m", 0.1), ("m", 0.9), ("big", 0.1), ("big", 0.9)}
        assert [sample.variant for sample in done.samples] == [
            'm + {"temperature":0.1}', 'm + {"temperature":0.9}', 'm=big + {"temperature":0.1}',
            'm=big + {"temperature":0.9}',
        ]  # fmt: skip

    def test_one_variant_that_fails_leaves_the_others(self, lab, server):
        server.fail(Fault("status", 400))
        lab.site.served(server.url)
        lab.site.served(server.url, alias="big")
        rows = [{"question": "why", "expected": "None"}]
        suite = lab.suite(rows, chain="ask", variants={"model": ["m", "m=big"]}, concurrency=1)
        assert [sample.status for sample in lab.run(suite).samples] == ["error", "ok"]


class TestRevision:
    def test_outside_of_git_and_before_the_first_commit_there_is_none(self, tmp_path):
        assert revision(tmp_path) == ""
        git(tmp_path, "init", "-q", "-b", "main")
        assert revision(tmp_path) == ""

    def test_it_is_the_commit_and_whether_files_were_changed_since(self, tmp_path):
        git(tmp_path, "init", "-q", "-b", "main")
        (tmp_path / "a").write_text("one")
        git(tmp_path, "add", ".")
        git(tmp_path, "-c", "user.name=t", "-c", "user.email=t@t", "commit", "-q", "-m", "first")
        commit = subprocess.run(["git", "rev-parse", "HEAD"], cwd=tmp_path, check=True, capture_output=True, text=True)
        (tmp_path / "new").write_text("not of the commit, and no change of it")
        assert revision(tmp_path) == commit.stdout.strip()
        (tmp_path / "a").write_text("two")
        assert revision(tmp_path) == commit.stdout.strip() + "+"
