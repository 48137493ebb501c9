"""Figures are told with their unit, size and interval; scores weigh by how likely they were to be drawn."""

import pytest

from genops.monitoring.figures import Figures
from genops.store.records import FeedbackRecord, MonitoredRecord, RunRecord


def run(number, seconds=1.0, status="ok", session=None, cost=0.01):
    identity, start = f"{number:032x}", 10**18 + number * 10**9
    ended = start + int(seconds * 1e9)
    return RunRecord(identity, identity, "answer", start, status=status, ended=ended, session=session, cost=cost)


def scored(number, value, probability=1.0):
    return MonitoredRecord(f"{number:032x}", number, "m", "all", probability, {"contains": {"value": value}})


def figures(runs=(), scores=(), feedback=(), evidence=None, ends=None):
    return Figures(runs, scores, feedback, evidence or {}, ends or {"contains": (0.0, 1.0)}).all()


def test_errors_are_a_share_with_an_interval():
    found = figures([run(number, status="error" if number % 10 == 0 else "ok") for number in range(100)])
    rate = found["error_rate"]
    assert (rate.value, rate.unit, rate.n) == (0.1, "share", 100)
    assert 0.04 < rate.low < 0.1 < rate.high < 0.2
    assert found["traces"].value == 100


def test_runs_of_one_session_count_as_one():
    alone = figures([run(number, status="error" if number < 50 else "ok") for number in range(100)])["error_rate"]
    few = [run(number, status="error" if number < 50 else "ok", session=f"s{number // 10}") for number in range(100)]
    together = figures(few)["error_rate"]
    assert together.clusters == 10
    assert together.high - together.low > 2 * (alone.high - alone.low)


def test_latency_is_told_by_quantiles():
    found = figures([run(number, seconds=number) for number in range(1, 201)])
    assert found["latency.p50"].value == pytest.approx(100, abs=1)
    assert found["latency.p95"].value == pytest.approx(190, abs=1)
    assert found["latency.p95"].low < 190 < found["latency.p95"].high
    assert found["latency.p95"].unit == "s"


def test_runs_without_a_price_are_left_out_of_the_cost_and_counted():
    found = figures([run(1, cost=0.5), run(2, cost=None)])
    assert (found["cost.total"].value, found["cost.total"].missing) == (0.5, "1 without a price")
    assert found["cost.mean"].n == 1


def test_a_score_weighs_by_how_likely_its_run_was_to_be_drawn():
    rare = [scored(number, 1.0, 0.1) for number in range(10)]
    sure = [scored(number, 0.0, 1.0) for number in range(10, 20)]
    found = figures(scores=[*rare, *sure])["score.contains"]
    assert found.value == pytest.approx(100 / 110)
    assert found.low < found.value <= found.high <= 1


def test_the_interval_of_a_score_holds_however_often_one_looks():
    values = [float(number % 4 > 0) for number in range(400)]
    widths = []
    for count in (50, 200, 400):
        found = figures(scores=[scored(number, value) for number, value in enumerate(values[:count])])["score.contains"]
        assert found.low <= 0.75 <= found.high
        widths.append(found.high - found.low)
    assert widths == sorted(widths, reverse=True)


def test_feedback_is_told_by_its_name():
    said = [FeedbackRecord(f"{number:032x}", "helpful", number % 2, "", "ann", number) for number in range(40)]
    found = figures(feedback=said)["feedback.helpful"]
    assert (found.value, found.n) == (0.5, 40)


def test_without_runs_there_is_no_value_and_it_says_so():
    found = figures()
    assert found["error_rate"].value is None
    assert found["error_rate"].missing == "no runs"
    assert found["traces"].value == 0


def test_drift_is_the_evidence_of_its_watch():
    assert figures(evidence={"questions": 0.4})["drift.questions"].value == 0.4
