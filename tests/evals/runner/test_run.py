"""Running a plan: the three kinds of failure apart, repeats apart, bounds kept, memory flat."""

import asyncio
import json
import math
import textwrap
import threading
import time
import tracemalloc

import pytest

import genops
from benchmarks.loopback_server import Fault, LoopbackServer, Reply
from genops.errors import DefinitionError, StoreUnavailable, UsageError
from genops.evals import Evidence, Range, Sample, Score, ScoringContext, Unscored, define_suite, evaluate, scorer
from genops.evals.results import Results
from genops.evals.runner import keeper, run
from genops.evals.suite import Budget
from genops.models import ModelResponse
from genops.plugins import registry
from tests.evals.conftest import ASK, ECHO, lab, site
from tests.retrieval.hashing import HashingEmbedder

__all__ = ["lab", "site"]

QUICK = "limits = {timeout = 1.0, retries = 0}\n"


class Fine:
    """A provider that answers at once, and tells no tokens."""

    def __init__(self, settings):
        pass

    async def complete(self, model, request, call):
        return ModelResponse(text="fine")

    async def close(self):
        pass


@pytest.fixture
def server():
    with LoopbackServer(answer=lambda body: Reply(text=body["messages"][-1]["content"])) as server:
        yield server


@pytest.fixture
def asked(lab, server):
    """Evaluates questions that are their own expectation, one at a time."""
    lab.site.served(server.url, more=QUICK)

    def ask(*questions, **more):
        options = {key: more.pop(key) for key in ("use_cache", "memo", "resume") if key in more}
        rows = [{"id": text, "question": text, "expected": text} for text in questions]
        return lab.run(lab.suite(rows, chain="ask", concurrency=1, **more), **options)

    return ask


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (Fault("status", 500), "ServerFailed"),
        (Fault("status", 429), "RateLimited"),
        (Fault("status", 401), "ModelRefused"),
        (Fault("hang"), "Timeout"),
        (Fault("reset"), "Server"),
        (Fault("not_json"), "ServerFailed"),
        (Fault("no_choices"), "ServerFailed"),
    ],
    ids=lambda value: getattr(value, "kind", None),
)
def test_a_provider_that_fails_leaves_no_score_and_no_zero(asked, server, fault, error):
    server.fail(fault)
    done = asked("one", "two", scorers=["contains", {"length": "words", "at_most": 3, "name": "short"}])
    failed = next(sample for sample in done.samples if sample.status == "error")
    assert error in failed.error["type"]
    assert (failed.scores, failed.output, failed.judged) == ({}, None, {})
    assert failed.run
    assert done.done == (1, 1)
    assert (done.progress.bad, done.progress.unscored) == (0, 0)
    assert done.record.status == "stopped"


def test_a_case_that_takes_too_long_is_an_error_with_its_trace_and_not_a_zero(lab):
    lab.replies["slow"] = lambda: threading.Event().wait(20) and ""
    done = lab.run(lab.suite(["slow", "fast"], timeout=2.0))
    slow = next(sample for sample in done.samples if sample.status == "error")
    assert slow.error["type"] == "StepTimeout"
    assert slow.error["message"] == "the case was not done within 2 s"
    assert lab.site.trace(slow.run).run.status == "cancelled"
    assert done.done == (1, 1)


def test_waiting_for_a_turn_at_the_model_is_not_time_of_the_case(lab, server):
    server.latency = 0.4
    lab.site.served(server.url, more="limits = {concurrency = 1}\n")
    rows = [{"question": str(number), "expected": str(number)} for number in range(8)]
    done = lab.run(lab.suite(rows, chain="ask", timeout=2.0))
    assert done.done == (8, 0)


def test_waiting_for_a_turn_at_the_judge_is_not_time_of_the_scorer(lab, server):
    server.latency = 0.4
    lab.site.served(server.url, alias="judge", more="limits = {concurrency = 1}\n")
    server.answer = lambda body: Reply(text='{"quotes": [], "reasoning": "fine", "score": 5}')
    scorers = [{"rubric": "Is it polite?", "timeout": 2.0}]
    done = lab.run(lab.suite([str(number) for number in range(8)], scorers, judge="judge"))
    assert (done.done, done.progress.unscored) == ((8, 0), 0)


@pytest.mark.parametrize("status", [429, 503])
def test_what_the_server_asks_to_wait_is_not_time_of_the_case(lab, server, status):
    server.fail(Fault("status", status, headers={"Retry-After": "2"}))
    lab.site.served(server.url)
    done = lab.run(lab.suite([{"question": "a", "expected": "a"}], chain="ask", timeout=1.9))
    assert done.done == (1, 0)


def test_what_the_first_call_loads_is_not_in_the_time_of_every_run(lab):
    class Heavy(Fine):
        async def load(self):
            time.sleep(2.0)  # noqa: ASYNC251 -- as an import does

    registry.add("provider", "heavy", Heavy)
    lab.site.settings('[models.m]\nmodel = "heavy/one"\n')
    rows = [{"question": str(number), "expected": "fine"} for number in range(20)]
    done = lab.run(lab.suite(rows, chain="ask", concurrency=20, timeout=1.9))
    assert done.done == (20, 0)
    assert sum(sample.seconds >= 2.0 for sample in done.samples) == 1


def test_what_the_first_search_loads_is_not_either_where_a_model_is_asked_before_it(lab, server, monkeypatch):
    lab.site.served(server.url)
    lab.site.index("docs", "Green tea is brewed with water of 80 degrees.")
    lab.site.write(
        "chains/found.yaml",
        """
        inputs: {question: str}
        steps:
          rewrite: {prompt: ask, with: {question: "{{ inputs.question }}"}}
          find: {retrieve: docs, query: "{{ steps.rewrite.output }}", k: 1}
        output: "{{ steps.find.output[0].text }}"
        """,
    )
    loading, encode = threading.Lock(), HashingEmbedder.encode

    def first_loaded(self, texts, role="passage"):
        with loading:  # as others wait for a model that is being loaded
            if not loaded:
                time.sleep(2.0)
                loaded.append(texts)
        return encode(self, texts, role)

    loaded = []
    monkeypatch.setattr(HashingEmbedder, "encode", first_loaded)
    rows = [{"question": str(number), "expected": "Green"} for number in range(20)]
    done = lab.run(lab.suite(rows, chain="found", concurrency=20))
    assert (done.done, len(loaded)) == ((20, 0), 1)
    assert sum(sample.seconds >= 2.0 for sample in done.samples) == 1


def test_a_budget_of_tokens_that_are_not_told_cannot_be_kept(lab):
    registry.add("provider", "silent", Fine)
    lab.site.settings('[models.m]\nmodel = "silent/one"\n')
    rows = [{"question": str(number), "expected": "fine"} for number in range(3)]
    progress = lab.run(lab.suite(rows, chain="ask", budget={"tokens": 1})).progress
    assert (progress.finished, progress.uncounted) == (3, 3)
    told = "the budget of 1 token cannot be kept: how many 3 of 3 samples took is not known, and counts as nothing"
    assert progress.unkept(Budget(tokens=1)) == told
    assert progress.unkept(Budget(seconds=1)) == ""


def test_where_no_model_is_asked_the_others_begin_when_the_first_run_is_done(lab, monkeypatch):
    monkeypatch.setattr(run, "_ALONE", 600.0)
    lab.site.scripted("rules: [{text: thought}]")
    lab.site.write(
        "chains/never.yaml",
        ASK.replace("{prompt", "{when: false, prompt").replace("steps.ask.output", "inputs.question"),
    )
    rows = [{"question": text, "expected": text} for text in ("a", "b", "c")]
    done = lab.run(lab.suite(rows, chain="never", concurrency=3))
    assert done.done == (3, 0)


def test_a_timeout_of_the_chains_own_is_not_taken_for_that_of_the_case(lab):
    lab.replies["slow"] = TimeoutError("the tool gave up")
    done = lab.run(lab.suite(["slow"], timeout=30))
    assert "the tool gave up" in done.samples[0].error["message"]


def test_what_a_failed_run_cost_counts_against_the_budget(lab, server):
    lab.site.served(server.url, more=QUICK + "price = {input = 1000000.0, output = 1000000.0}\n")
    lab.site.write(
        "chains/late.yaml",
        """
        inputs: {question: str}
        steps:
          ask: {prompt: ask, with: {question: "{{ inputs.question }}"}}
          then: {tool: echo, with: {text: "{{ steps.ask.output }}"}}
        output: "{{ steps.then.output }}"
        """,
    )
    lab.replies.update({str(number): ValueError("no") for number in range(20)})
    rows = [{"question": str(number)} for number in range(20)]
    suite = lab.suite(rows, [{"contains": "x"}], chain="late", concurrency=1, budget={"usd": 25})
    done = lab.run(suite)
    assert done.samples[0].cost == 10.0
    assert done.done == (0, 3)
    assert done.progress.stopped == "the budget of $25 is used up"


BAD_SCORES = {
    "nan": (lambda: math.nan, "gave nan, which is no score"),
    "inf": (lambda: math.inf, "gave inf, which is no score"),
    "above": (lambda: 1.5, "gave 1.5, outside of its range 0 to 1"),
    "text": (lambda: "good", "gave str, not a score"),
    "none": (lambda: None, "gave NoneType, not a score"),
    "text in a score": (lambda: Score("good"), "gave str, not a score"),
    "nan in a score": (lambda: Score(math.nan), "which is no score"),
    "raises": (lambda: 1 / 0, "the scorer failed: ZeroDivisionError: division by zero"),
    "stops": (lambda: next(iter(())), "the scorer failed"),
    "exits": (lambda: exit("no"), "the scorer failed: SystemExit"),
    "unscored": (lambda: _raise(Unscored("I cannot tell")), "I cannot tell"),
    "times out itself": (lambda: _raise(TimeoutError("endpoint")), "the scorer failed: TimeoutError: endpoint"),
    "cancelled": (lambda: _raise(asyncio.CancelledError), "the scorer failed: CancelledError"),
    "label of no text": (lambda: Score(1.0, label=5), "gave a score whose `label` is no text"),
    "bare evidence": (lambda: Score(1.0, evidence=("said",)), "gave a score whose `evidence` is not of `Evidence`"),
    "evidence of no text": (lambda: Score(1.0, evidence=(Evidence(3),)), "whose text, source or note is no text"),
    "evidence of no place": (lambda: Score(1.0, evidence=(Evidence("a", span="ab"),)), "whose span is no pair"),
    "panics": (lambda: pytest.fail("no"), "the scorer failed: Failed: no"),
    "list beside": (lambda: Score(1.0, metadata=["x"]), "gave a score whose `metadata` is no mapping"),
    "unkept": (lambda: Score(1.0, metadata={"x": object()}), "cannot be kept"),
    "nan beside": (lambda: Score(1.0, metadata={"x": math.nan}), ""),
}


def _raise(error):
    raise error


@pytest.mark.parametrize("way", BAD_SCORES)
@pytest.mark.parametrize("kind", ["plain", "async"])
def test_a_scorer_that_cannot_score_leaves_its_score_missing_and_the_others_there(lab, way, kind):
    give, message = BAD_SCORES[way]

    @scorer("odd", threshold=0.5)
    def odd(output: str) -> float:
        return give()

    @scorer("odd async", threshold=0.5)
    async def odd_async(output: str) -> float:
        return give()

    name = "odd" if kind == "plain" else "odd async"
    done = lab.run(lab.suite(["a"], [name, "contains"]))
    (sample,) = done.samples
    if way == "nan beside":
        assert sample.scores[name]["value"] == 1.0
        return
    assert message in sample.scores[name]["unscored"]
    assert "value" not in sample.scores[name]
    assert sample.scores["contains"]["passed"] is True
    assert done.done == (1, 0)
    assert (done.progress.unscored, done.progress.bad) == (1, 0)
    assert done.record.status == "finished"


def test_half_of_a_surrogate_pair_in_what_a_score_says_is_a_mark_that_every_report_can_show(lab):
    @scorer("halves")
    def halves(output: str) -> Score:
        return Score(1.0, "\ud83d", "\U0001f600 \ud83d", (Evidence("\ud83d", note="\ud83d"),))

    @scorer("cannot")
    def cannot(output: str) -> Score:
        raise Unscored("cannot read \ud83d")

    scores = lab.run(lab.suite(["a"], ["halves", "cannot"])).samples[0].scores
    assert (scores["halves"]["label"], scores["halves"]["explanation"]) == ("\ufffd", "\U0001f600 \ufffd")
    assert scores["halves"]["evidence"] == [{"text": "\ufffd", "source": "output", "note": "\ufffd"}]
    assert scores["cannot"]["unscored"] == "cannot read \ufffd"


@pytest.mark.parametrize("value", [True, 1, 0.5], ids=str)
def test_a_number_and_a_bool_are_scores(lab, value):
    @scorer("plain")
    def plain(output: str) -> float:
        return value

    assert lab.run(lab.suite(["a"], ["plain"])).samples[0].scores["plain"]["value"] == float(value)


@pytest.mark.parametrize(("value", "kept"), [(1.0000000000000002, 1.0), (-1e-17, 0.0)])
def test_rounding_puts_no_score_out_of_its_range(lab, value, kept):
    @scorer("cosine")
    def cosine(output: str) -> float:
        return value

    assert lab.run(lab.suite(["a"], ["cosine"])).samples[0].scores["cosine"]["value"] == kept


def test_numbers_of_numpy_are_scores(lab):
    import numpy as np

    @scorer("cosine")
    def cosine(output: str) -> float:
        return np.float32(0.5)

    @scorer("whole")
    def whole(output: str) -> Score:
        return Score(np.int64(1))

    @scorer("any")
    def any_of(output: str) -> bool:
        return np.bool_(True)

    scores = lab.run(lab.suite(["a"], ["cosine", "whole", "any"])).samples[0].scores
    assert [scores[name]["value"] for name in ("cosine", "whole", "any")] == [0.5, 1.0, 1.0]


def test_scorers_that_hang_hold_up_neither_the_others_nor_the_end(lab):
    released = threading.Event()

    @scorer("stuck")
    def stuck(output: str) -> float:
        released.wait(60)
        return 1.0

    @scorer("stuck async")
    async def stuck_async(output: str) -> float:
        await asyncio.sleep(60)
        return 1.0

    started = time.monotonic()
    scorers = [{"stuck": None, "timeout": 0.2}, {"stuck async": None, "timeout": 0.2}, "contains"]
    done = lab.run(lab.suite([f"case {number}" for number in range(40)], scorers, concurrency=40))
    released.set()
    assert time.monotonic() - started < 30
    assert {sample.scores["stuck"]["unscored"] for sample in done.samples} == {"not scored within 0.2 s"}
    assert {sample.scores["stuck async"]["unscored"] for sample in done.samples} == {"not scored within 0.2 s"}
    assert all(sample.scores["contains"]["passed"] for sample in done.samples)
    assert len(done.samples) == 40


def test_a_bad_output_is_a_score_and_fails_its_threshold(lab):
    done = lab.run(
        lab.suite([{"id": "bad", "text": "a", "expected": "b"}, {"id": "good", "text": "a", "expected": "a"}])
    )
    assert (done.score("bad")["value"], done.score("bad")["passed"]) == (0.0, False)
    assert (done.score("good")["value"], done.score("good")["passed"]) == (1.0, True)
    assert (done.done, done.progress.bad, done.progress.unscored) == ((2, 0), 1, 0)


def test_a_case_without_expectation_is_unscored_where_one_is_needed(lab):
    done = lab.run(lab.suite([{"id": "c", "text": "a"}], ["contains", {"contains": "a", "name": "given"}]))
    assert done.score("c")["unscored"] == "nothing is expected"
    assert done.score("c", "given")["passed"] is True


def test_an_output_without_the_part_that_is_scored_is_unscored(lab):
    done = lab.run(lab.suite([{"id": "c", "text": "a", "expected": "a"}], of="{{ output.answer }}"))
    assert "answer" in done.score("c")["unscored"]


def test_when_leaves_samples_out_and_of_scores_a_part(lab):
    scorers = [
        {"contains": "x", "name": "hard", "when": "{{ 'hard' in tags }}"},
        {"equals": "B", "name": "part", "of": "{{ output.upper() }}", "threshold": None},
    ]
    rows = [{"id": "h", "text": "b", "tags": ["hard"]}, {"id": "e", "text": "b"}]
    done = lab.run(lab.suite(rows, scorers))
    assert set(done.of("h").scores) == {"hard", "part"}
    assert set(done.of("e").scores) == {"part"}
    assert done.score("e", "part") == {"value": 1.0}


def test_cases_bring_scorers_of_their_own_and_override_those_of_the_suite(lab):
    rows = [
        {"id": "own", "text": "hello", "scorers": [{"regex": "^h", "name": "starts"}]},
        {"id": "over", "text": "hello", "expected": "bye", "scorers": [{"contains": "hell", "name": "contains"}]},
        {"id": "plain", "text": "hello", "expected": "hello"},
    ]
    done = lab.run(lab.suite(rows))
    assert set(done.of("own").scores) == {"contains", "starts"}
    assert done.score("over")["passed"] is True
    assert set(done.of("plain").scores) == {"contains"}


def test_a_scorer_sees_the_sample_and_may_ask_for_its_trace(lab):
    seen = []

    @scorer("looks")
    async def looks(output: str, sample: Sample, context: ScoringContext) -> float:
        trace = await context.trace()
        seen.append((sample.case.id, sample.variant, sample.repeat, [span.kind for span in trace.spans]))
        return 1.0

    lab.run(lab.suite([{"id": "c", "text": "a"}], ["looks"], repeat=2))
    kinds = ["chain", "step", "tool"]
    assert sorted((case, variant, repeat) for case, variant, repeat, _ in seen) == [("c", "echo", 0), ("c", "echo", 1)]
    assert all(found == kinds for *_, found in seen)


def test_every_sample_leads_to_its_trace(lab):
    done = lab.run(lab.suite(["a", "b"]))
    for sample in done.samples:
        trace = lab.site.trace(sample.run)
        assert trace.run.mode == "eval"
        assert trace.run.output == sample.output
        assert trace.run.tags == [f"eval:{done.id[:12]}"]


def test_repeats_share_neither_memo_nor_response_cache(asked, server):
    done = asked("one", repeat=3, use_cache=True)
    assert len(server.requests) == 3
    assert [sample.repeat for sample in done.samples] == [0, 1, 2]
    assert len({sample.run for sample in done.samples}) == 3
    asked("one", repeat=3, use_cache=True)
    assert len(server.requests) == 3
    asked("one", repeat=4, use_cache=True)
    assert len(server.requests) == 4
    asked("one", repeat=3, memo=False)
    assert len(server.requests) == 7


def test_changing_a_scorer_runs_no_chain_again(asked, server, lab):
    asked("one", "two")
    done = asked("one", "two", scorers=["exact_match"])
    assert len(server.requests) == 2
    assert [sample.scores["exact_match"]["value"] for sample in done.samples] == [1.0, 1.0]
    assert all(sample.cost == 0.0 for sample in done.samples)


def test_a_sample_says_whether_it_reused_results(asked, server):
    assert [sample.reused for sample in asked("one").samples] == [False]
    again = asked("one", "two", scorers=["exact_match"])
    assert {sample.case: sample.reused for sample in again.samples} == {"one": True, "two": False}
    cached = asked("one", memo=False, use_cache=True)
    assert [sample.reused for sample in cached.samples] == [False]
    assert [sample.reused for sample in asked("one", memo=False, use_cache=True).samples] == [True]


def test_changing_the_last_prompt_runs_no_retrieval_again(lab, server):
    site = lab.site
    site.served(server.url)
    site.index("docs", "Green tea is brewed with water of 80 degrees.", "Whales live in the sea.")
    site.write(
        "chains/rag.yaml",
        """
        inputs: {question: str}
        steps:
          find: {retrieve: docs, query: "{{ inputs.question }}", k: 1}
          answer: {prompt: answer, with: {question: "{{ inputs.question }}", passages: "{{ steps.find.output }}"}}
        output: "{{ steps.answer.output }}"
        """,
    )

    def run_with(word):
        text = "---\ninputs: {question: str, passages: list}\n---\n%s: {{ question }} {{ passages | length }}\n"
        site.prompt("answer", text % word)
        site.reopen()
        rows = [{"question": "tea"}, {"question": "whales"}]
        done = lab.run(lab.suite(rows, [{"contains": word}], chain="rag"))
        assert all(sample.scores["contains"]["passed"] for sample in done.samples)
        spans = [span for sample in done.samples for span in site.trace(sample.run).spans]
        return len([span for span in spans if span.kind == "retrieve"])

    assert (run_with("First"), len(server.requests)) == (2, 2)
    assert (run_with("Second"), len(server.requests)) == (0, 4)


@pytest.mark.parametrize(
    ("budget", "why"),
    [({"tokens": 35}, "the budget of 35 tokens is used up"), ({"usd": 0.035}, "the budget of $0.035")],
)
def test_a_budget_ends_the_run_and_resume_goes_on(lab, server, budget, why):
    lab.site.served(server.url, more="price = {input = 1000.0, output = 1000.0}\n")
    rows = [{"question": str(number), "expected": str(number)} for number in range(10)]
    suite = lab.suite(rows, chain="ask", concurrency=1, budget=budget)
    first = lab.run(suite)
    assert first.done == (4, 0)
    assert why in first.progress.stopped
    assert first.record.status == "stopped"
    second = lab.run(suite, resume=True)
    assert (second.id, second.progress.resumed, second.done) == (first.id, 4, (4, 0))
    third = lab.run(suite, resume=True)
    assert (third.done, third.progress.stopped, third.record.status) == ((2, 0), "", "finished")
    assert len(server.requests) == 10


def test_a_budget_of_time_ends_the_run(lab, server):
    server.latency = 0.1
    lab.site.served(server.url)
    rows = [{"question": str(number), "expected": str(number)} for number in range(200)]
    done = lab.run(lab.suite(rows, chain="ask", concurrency=1, budget={"seconds": 0.5}))
    assert "0.5 s is used up" in done.progress.stopped
    assert 0 < done.progress.done < 200


def test_a_sample_is_finished_when_it_is_on_disk_with_its_trace(lab, server):
    server.latency = 0.02
    lab.site.served(server.url)
    rows = [{"question": str(number), "expected": str(number)} for number in range(60)]
    store, told = lab.site.project.store, []

    def note(progress):
        (record,) = store.evaluations()
        kept = list(store.samples(record.id))
        assert len(kept) >= progress.finished
        assert all(store.run(sample.run).ended and store.payload(sample.output) for sample in kept)
        told.append(progress.finished)

    lab.run(lab.suite(rows, chain="ask", concurrency=8), on_progress=note)
    assert told == list(range(1, 61))


@pytest.mark.parametrize("error", [SystemExit(7), KeyboardInterrupt(), UsageError("enough"), ValueError("enough")])
def test_who_is_told_may_end_it_and_all_that_is_made_stays(lab, error):
    def tell(progress):
        if progress.finished >= 5:
            raise error

    suite = lab.suite([str(number) for number in range(40)], concurrency=4)
    with pytest.raises(type(error)):
        lab.run(suite, on_progress=tell)
    (record,) = lab.site.project.store.evaluations()
    assert record.status == "stopped"
    kept = len(list(lab.site.project.store.samples(record.id)))
    assert kept >= 5
    again = lab.run(suite, resume=True)
    assert (again.progress.resumed, len(again.samples), again.record.status) == (kept, 40, "finished")


def test_what_is_cancelled_by_what_it_calls_is_missing_and_not_lost(lab):
    lab.replies["b"] = asyncio.CancelledError()
    suite = lab.suite([*"abc"], concurrency=1)
    done = lab.run(suite)
    assert (done.done, done.record.status) == ((2, 1), "stopped")
    assert "CancelledError" in done.of(done.samples[1].case).error["message"]
    del lab.replies["b"]
    again = lab.run(suite, resume=True)
    assert (again.done, again.record.status) == ((1, 0), "finished")


def test_a_gate_has_seen_all_that_is_kept_where_time_is_up_while_the_store_is_locked(lab, monkeypatch):
    store, began = lab.site.project.store, time.monotonic()
    add = store.add_samples

    def locked(evaluation, records):
        if time.monotonic() - began < 2:
            raise StoreUnavailable("locked")
        add(evaluation, records)

    monkeypatch.setattr(store, "add_samples", locked)
    monkeypatch.setattr(keeper, "_RETRY_PAUSE", 0.1)
    rows = [str(number) for number in range(20)]
    lab.replies.update({row: lambda: time.sleep(0.3) or "?" for row in rows[1:]})
    done = lab.run(lab.suite(rows, concurrency=20, gate=["contains >= 0.5"], budget={"seconds": 1.5}), gate=True)
    assert len(done.samples) == done.verdict.used == 20
    assert done.verdict.outcome == "fail"


def test_a_budget_of_time_ends_runs_that_hang_and_resume_makes_them(lab, server):
    server.fail(Fault("hang"), None, None)
    lab.site.served(server.url)
    rows = [{"question": str(number), "expected": str(number)} for number in range(3)]
    suite = lab.suite(rows, chain="ask", budget={"seconds": 1.5})
    began = time.monotonic()
    first = lab.run(suite)
    assert time.monotonic() - began < 15
    assert (first.done, first.record.status) == ((2, 0), "stopped")
    assert first.progress.stopped == "the budget of 1.5 s is used up"
    second = lab.run(suite, resume=True)
    assert (second.id, second.done, second.progress.stopped) == (first.id, (1, 0), "")
    assert second.record.status == "finished"


def test_a_budget_that_is_used_up_with_the_last_sample_stops_nothing(lab, server):
    lab.site.served(server.url)
    rows = [{"question": str(number), "expected": str(number)} for number in range(2)]
    done = lab.run(lab.suite(rows, chain="ask", concurrency=1, budget={"tokens": 20}))
    assert (done.done, done.progress.stopped, done.record.status) == ((2, 0), "", "finished")


PRICE = "price = {input = 1.0, output = 2.0}\n"


def test_answers_of_a_judge_that_are_no_verdict_are_paid_for_with_every_re_ask(lab, server):
    lab.site.served(server.url, alias="judge", more=QUICK + PRICE)
    server.answer = lambda body: Reply(text="It is rather polite, I would say.")
    done = lab.run(lab.suite([{"id": "c", "text": "a"}], [{"rubric": "Is it polite?"}], judge="judge"))
    assert "no verdict" in done.score("c", "rubric")["unscored"]
    trace = lab.site.trace(done.score("c", "rubric")["run"])
    run, calls = trace.run, [span for span in trace.spans if span.kind == "model"]
    judged = done.of("c").judged
    assert len(calls) > 1
    assert (judged["calls"], judged["input_tokens"], judged["output_tokens"], judged["cost"]) == (
        1, run.input_tokens, run.output_tokens, run.cost
    )  # fmt: skip
    assert judged["input_tokens"] > 0
    assert judged["cost"] == pytest.approx(judged["input_tokens"] * 1e-6 + judged["output_tokens"] * 2e-6)
    results = Results(lab.site.project.store, lab.site.project.settings)
    (variant,) = results.summary(results.find(done.id)).variants
    assert variant.judge_usage.tokens.total == run.input_tokens + run.output_tokens


def test_a_budget_counts_what_judges_without_a_verdict_used(lab, server):
    lab.site.served(server.url, alias="judge", more=QUICK)
    server.answer = lambda body: Reply(text="It is rather polite, I would say.")
    rows = [{"id": str(n), "text": str(n)} for n in range(50)]
    suite = lab.suite(rows, [{"rubric": "Is it polite?"}], judge="judge", concurrency=1, budget={"tokens": 400})
    done = lab.run(suite)
    assert "400 tokens" in done.progress.stopped
    assert done.progress.done < 50


def test_a_judge_whose_key_is_not_set_is_asked_again_on_resume(lab, server, monkeypatch):
    lab.site.served(server.url, alias="judge", more=QUICK + 'api_key_env = "JUDGE_KEY"\n')
    server.answer = lambda body: Reply(text='{"quotes": [], "reasoning": "fine", "score": 5}')
    suite = lab.suite([{"id": "c", "text": "a"}], [{"rubric": "Is it polite?"}], judge="judge")
    first = lab.run(suite)
    assert "JUDGE_KEY is not set" in first.score("c", "rubric")["unscored"]
    assert (first.progress.unjudged, first.record.status) == (1, "stopped")
    monkeypatch.setenv("JUDGE_KEY", "k")
    assert lab.run(suite, resume=True).score("c", "rubric")["value"] == 1.0


def test_every_repetition_of_a_sample_is_judged_anew_and_remembered(lab, server):
    lab.site.served(server.url, alias="judge", more=QUICK)
    server.answer = lambda body: Reply(
        text=json.dumps({"quotes": [], "reasoning": "so", "score": 1 + len(server.requests) % 5})
    )
    jury = {"jury": "Is it polite?", "judges": ["judge", "judge"]}
    suite = lab.suite([{"id": "c", "text": "a"}], [{"rubric": "Is it polite?"}, jury], judge="judge", repeat=3)
    for _ in range(2):
        done = lab.run(suite)
        assert len(server.requests) == 9, "a rubric and two seats, three times"
        assert len({sample.scores["rubric"]["metadata"]["runs"][0] for sample in done.samples}) == 3


def test_a_judge_cannot_depend_on_the_sample(lab):
    with pytest.raises(DefinitionError, match="`model` says what judges, which is the same for all samples"):
        lab.run(lab.suite(["a"], [{"rubric": "Polite?", "model": "{{ metadata.judge }}"}]))


def test_a_judge_that_cannot_be_reached_is_asked_again_on_resume_and_the_chain_is_not(lab, server):
    lab.site.served(server.url, alias="judge", more=QUICK)
    server.answer = lambda body: Reply(text='{"quotes": [], "reasoning": "fine", "score": 5}')
    server.fail(Fault("status", 500))
    suite = lab.suite([{"id": "c", "text": "a"}], [{"rubric": "Is it polite?"}], judge="judge")
    first = lab.run(suite)
    assert first.of("c").status == "ok"
    assert first.score("c", "rubric")["infrastructure"] is True
    assert (first.progress.failed, first.progress.unjudged, first.record.status) == (0, 1, "stopped")
    second = lab.run(suite, resume=True)
    assert second.id == first.id
    assert "value" in second.score("c", "rubric")
    assert second.of("c").judged["calls"] == 1
    assert second.record.status == "finished"
    assert lab.calls["a"] == 1


def test_a_bug_in_a_tool_is_an_error_of_its_case_alone(lab):
    lab.replies["b"] = ValueError("no")
    done = lab.run(lab.suite(["a", "b", "c"]))
    assert done.done == (2, 1)
    failed = next(sample for sample in done.samples if sample.status == "error")
    assert failed.error["type"] == "ToolError"
    assert lab.site.trace(failed.run).run.status == "error"


def test_scores_are_redacted_before_they_are_kept(lab):
    @scorer("quotes")
    def quotes(output: str) -> Score:
        return Score(1.0, explanation=f"it says {output}")

    lab.site.settings("[redaction]\nemail = true\n")
    done = lab.run(lab.suite([{"text": "write to ann@example.com"}], ["quotes"]))
    assert "ann@example.com" not in str(done.samples[0])


def test_lower_is_better_passes_at_or_below_its_threshold(lab):
    @scorer("wrong words", range=Range(0, 10, lower_is_better=True), threshold=2)
    def wrong_words(output: str) -> float:
        return float(output)

    done = lab.run(lab.suite([{"id": text, "text": text} for text in ("1", "2", "3")], ["wrong words"]))
    assert [done.score(text, "wrong words")["passed"] for text in ("1", "2", "3")] == [True, True, False]


@pytest.mark.slow
@pytest.mark.timeout(500)
def test_twenty_thousand_cases_run_in_flat_memory(lab):
    def peak(count):
        rows = ({"text": f"{number} " + "x" * 1_000, "expected": str(number)} for number in range(count))
        path = lab.site.root / f"{count}.jsonl"
        path.write_text("".join(json.dumps(row) + "\n" for row in rows))
        suite = define_suite(str(count), dataset=path.name, scorers=["contains"], chain="fixed", folder=lab.site.root)
        tracemalloc.start()
        done = evaluate(suite, lab.site.project)
        top = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert done.progress.done == count
        return top

    @genops.tool(name="plain")
    async def plain(text: str) -> str:
        return text

    lab.site.write("chains/fixed.yaml", textwrap.dedent(ECHO).replace("tool: echo", "tool: plain"))
    small, large = peak(2_000), peak(20_000)
    assert large < small + 18_000 * 400  # of the 1,000 bytes of a case and as many of its output
