"""A summary counts the three kinds of failure apart, and says what one must know to read it."""

import json
import tracemalloc

import pytest

from genops.errors import UsageError
from genops.evals.gate import Verdict
from genops.evals.rule_test import RuleVerdict
from genops.evals.summary import Tally, summarise
from tests.evals.stored import contains

TIMEOUT = {"type": "StepTimeout", "message": "not done within 2 s", "path": "ask"}


def test_the_three_kinds_of_failure_are_three_counts(evaluations):
    samples = [
        {"case": 0, "scores": {"contains": contains(1)}},
        {"case": 1, "scores": {"contains": contains(0, explanation="lacks 'A'")}},
        {"case": 2, "scores": {"contains": {"unscored": "prose"}}},
        {"case": 3, "status": "error", "error": TIMEOUT},
    ]
    counts = evaluations.summary(evaluations.add(samples)).variants[0].counts
    assert (counts.samples, counts.ok, counts.infrastructure, counts.unscored, counts.bad) == (4, 3, 1, 1, 1)
    assert counts.errors == {"StepTimeout": 1}
    assert [(why.metric, why.reason, why.count) for why in counts.reasons] == [("contains", "prose", 1)]


def test_failed_samples_are_kept_with_their_runs_and_reasons(evaluations):
    samples = [
        {"case": 0, "run": "ab" * 16, "scores": {"contains": contains(0, explanation="lacks 'A'")}},
        {"case": 1, "status": "error", "error": TIMEOUT, "run": ""},
    ]
    error, bad = evaluations.summary(evaluations.add(samples)).variants[0].failures
    assert (error.kind, error.case, error.run, error.why) == (
        "infrastructure", "c1", "", "StepTimeout: not done within 2 s (at ask)"
    )  # fmt: skip
    assert (bad.kind, bad.run, bad.why) == ("bad", "ab" * 16, "contains 0 (lacks 'A')")


def test_few_failed_samples_are_kept_and_all_are_counted(evaluations):
    samples = [{"case": n, "scores": {"contains": contains(0)}} for n in range(30)]
    variant = evaluations.summary(evaluations.add(samples), failures=4).variants[0]
    assert (len(variant.failures), variant.counts.bad) == (4, 30)


def test_chains_and_judges_are_paid_apart(evaluations):
    judged = {"cost": 0.5, "input_tokens": 7, "output_tokens": 1, "calls": 2, "seconds": 3.0}
    samples = [
        {"case": n, "cost": 0.25, "input_tokens": 10, "output_tokens": 2, "seconds": 1.0, "judged": judged}
        for n in range(4)
    ]
    variant = evaluations.summary(evaluations.add(samples)).variants[0]
    assert (variant.chain_usage.cost.total, variant.judge_usage.cost.total) == (1.0, 2.0)
    assert (variant.chain_usage.input_tokens, variant.judge_usage.output_tokens) == (40, 4)
    assert (variant.chain_usage.latency.mean.value, variant.judge_usage.latency.mean.value) == (1.0, 3.0)
    assert variant.judge_usage.cost.unit == "USD"


def test_no_judge_has_no_usage_and_an_unknown_price_is_not_zero(evaluations):
    variant = evaluations.summary(evaluations.add([{"case": 0, "cost": None}])).variants[0]
    assert variant.judge_usage is None
    assert (variant.chain_usage.cost.unknown, variant.chain_usage.cost.mean.value) == (1, None)


@pytest.mark.parametrize(("status", "words"), [("running", "it is running"), ("stopped", "it was stopped after")])
def test_an_evaluation_with_work_left_says_so_and_how_to_go_on(evaluations, status, words):
    rows = [{"id": str(n), "inputs": {"q": "x"}} for n in range(5)]
    record = evaluations.add([{"case": 0, "scores": {"contains": contains(1)}}], cases=rows, status=status)
    (note,) = evaluations.summary(record).notes
    assert note.startswith(words)
    assert "1 of 5 samples" in note
    assert "`genops eval run demo --resume` goes on with it, with the options that it was begun with" in note


def test_an_evaluation_without_samples_is_empty_and_no_error(evaluations):
    summary = evaluations.summary(evaluations.add([], variants=("a", "b"), status="stopped"))
    assert [variant.counts.samples for variant in summary.variants] == [0, 0]
    assert summary.variants[0].metrics["contains"].mean.value is None
    assert json.loads(json.dumps(summary.to_json(), allow_nan=False))["variants"][1]["name"] == "b"


def test_a_dataset_that_is_gone_costs_weights_and_clusters_and_is_told(evaluations):
    rows = [{"id": str(n), "inputs": {"q": "x"}, "weight": 1.0 + n} for n in range(3)]
    record = evaluations.add([{"case": n, "scores": {"contains": contains(n > 0)}} for n in range(3)], cases=rows)
    for path in (evaluations.settings.data_dir / "datasets").iterdir():
        path.unlink()
    summary = evaluations.summary(record)
    assert not summary.weighted
    assert summary.notes == ("the dataset is no longer kept: every case counts the same and stands alone",)
    assert summary.variants[0].metrics["contains"].mean.value == pytest.approx(2 / 3)


def test_the_verdict_is_that_of_the_gate(evaluations):
    rule = RuleVerdict("contains >= 0.5", "contains", "one", "pass", 0.9, 0.7, 1.0, 0.95, 20, 0, False)
    verdict = Verdict("pass", (rule,), (), (), 0.05, "dataset", 40, 20, 40, 20)
    record = evaluations.add([{"case": 0, "scores": {"contains": contains(1)}}], verdict=verdict)
    assert evaluations.summary(record).verdict == verdict


def test_an_unknown_reference_lists_what_there_is(evaluations):
    record = evaluations.add([{"case": 0}], variants=("old", "new"))
    with pytest.raises(UsageError, match="no variant 'nwe'") as raised:
        evaluations.summary(record, reference="nwe")
    assert "did you mean new?" in raised.value.hint


def test_everything_is_plain_data(evaluations):
    samples = [{"case": n, "variant": v, "scores": {"contains": contains(n)}} for n in (0, 1) for v in ("a", "b")]
    summary = evaluations.summary(evaluations.add(samples, variants=("a", "b")))
    data = json.loads(json.dumps(summary.to_json(), allow_nan=False))
    mean = data["variants"][0]["metrics"]["contains"]["mean"]
    assert {"value", "unit", "n", "low", "high", "level", "method"} <= mean.keys()
    assert data["comparisons"][0]["metrics"][0]["difference"]["n"] == 2


def test_labels_of_people_correct_each_mean(evaluations):
    judged = [n % 4 != 0 for n in range(80)]
    samples = [{"case": n, "scores": {"contains": contains(judged[n])}} for n in range(80)]
    labels = evaluations.settings.root / "labels.jsonl"
    human = [{"id": f"c{n}", "human": "yes" if judged[n] and n % 3 else "no"} for n in range(40)]
    labels.write_text("\n".join(map(json.dumps, human)), encoding="utf-8")
    metric = evaluations.summary(evaluations.add(samples, labels="labels.jsonl")).variants[0].metrics["contains"]
    assert metric.mean.value == 0.75
    assert metric.corrected.n == 40
    assert metric.corrected.value == pytest.approx(0.5, abs=0.05)  # a judge that is too kind
    assert metric.corrected.low < 0.5 < metric.corrected.high


@pytest.mark.slow
def test_a_hundred_thousand_samples_are_summarised_in_the_memory_of_their_numbers(evaluations):
    count = 100_000
    record = evaluations.add([], cases=[{"id": str(n), "inputs": {"q": "x"}} for n in range(count)])
    score = contains(1, explanation="because " * 50)
    for start in range(0, count, 5_000):
        batch = [{"case": n, "scores": {"contains": score}} for n in range(start, start + 5_000)]
        evaluations.fill(record, batch)
    tracemalloc.start()
    tally = Tally.read(evaluations.store, record, evaluations.settings.data_dir)
    summary = summarise(tally)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert summary.variants[0].counts.samples == count
    assert most < 100 * 2**20  # a sample as it is stored is more than a kilobyte


def test_what_a_gate_stopped_early_says_whose_intervals_allow_for_that(evaluations):
    rows = [{"id": str(n), "inputs": {"q": "x"}} for n in range(5)]
    verdict = Verdict("pass", (), (), (), 0.05, "dataset", 5, 1, 5, 1)
    record = evaluations.add([{"case": 0, "scores": {"contains": contains(1)}}], cases=rows, verdict=verdict)
    (note,) = evaluations.summary(record).notes
    assert note == (
        "the gate stopped it after 1 of 5 samples: "
        "its own intervals and e-values allow for that, other intervals do not"
    )
