"""Figures are told with their unit, size and interval; scores weigh by how likely they were to be drawn."""

from dataclasses import replace

import pytest

from genops.evals.score import Range
from genops.monitoring.figures import Figures
from genops.monitoring.runs import columns
from genops.store.records.monitoring import EndedRun, FeedbackRecord, MonitoredRecord


def run(number, seconds=1.0, failed=False, session=None, cost=0.01):
    return EndedRun(10**18 + number * 10**9, int(seconds * 1e9), failed, cost, 100, session)


def scored(number, value, probability=1.0):
    return MonitoredRecord(f"{number:032x}", number, "m", "all", probability, {"contains": {"value": value}})


def figures(runs=(), scores=(), feedback=(), evidence=None, weight=1.0, part=""):
    return Figures(columns(runs), scores, feedback, evidence or {}, {"contains": Range()}, weight, part).all()


def test_errors_are_a_share_with_an_interval():
    found = figures([run(number, failed=number % 10 == 0) for number in range(100)])
    rate = found["error_rate"]
    assert (rate.value, rate.unit, rate.n) == (0.1, "share", 100)
    assert 0.04 < rate.low < 0.1 < rate.high < 0.2
    assert found["traces"].value == 100


def test_runs_of_one_session_count_as_one():
    alone = figures([run(number, failed=number < 50) for number in range(100)])["error_rate"]
    few = [run(number, failed=number < 50, session=f"s{number // 10}") for number in range(100)]
    together = figures(few)["error_rate"]
    assert together.clusters == 10
    assert together.high - together.low > 2 * (alone.high - alone.low)


def test_latency_is_told_by_quantiles():
    found = figures([run(number, seconds=number) for number in range(1, 201)])
    assert found["latency.p50"].value == pytest.approx(100, abs=1)
    assert found["latency.p95"].value == pytest.approx(190, abs=1)
    assert found["latency.p95"].low < 190 < found["latency.p95"].high
    assert found["latency.p95"].unit == "s"


def test_runs_of_one_session_count_as_one_for_quantiles_too():
    slow = [
        run(number, seconds=1 + number // 20 + number % 20 / 100, session=f"s{number // 20}") for number in range(400)
    ]
    together = figures(slow)["latency.p50"]
    alone = figures([one._replace(session=None) for one in slow])["latency.p50"]
    assert together.clusters == 20
    assert together.value == alone.value
    assert together.high - together.low > 2 * (alone.high - alone.low)


def test_a_few_sessions_tell_nothing_of_a_high_quantile():
    found = figures([run(number, seconds=number, session=f"s{number // 5}") for number in range(50)])["latency.p99"]
    assert (found.low, found.high) == (None, None)
    assert found.missing == "10 sessions are too few to tell this quantile's spread"


def test_with_runs_without_a_price_the_total_is_a_lower_bound_that_says_how_many():
    found = figures([run(1, cost=0.5), run(2, cost=0.25), run(3, cost=None)])
    total = found["cost.total"]
    assert (total.value, total.low, total.high, total.n) == (0.75, 0.75, None, 2)
    assert total.missing == "a lower bound: 1 of 3 runs without a price"
    assert found["cost.mean"].n == 2
    assert found["cost.mean"].missing.endswith("1 of 3 runs without a price")
    known = figures([run(1, cost=0.5)])["cost.total"]
    assert (known.value, known.low, known.missing) == (0.5, None, "")


def test_what_is_counted_since_a_part_of_the_window_is_a_lower_bound():
    found = figures([run(1, cost=0.5)], part="counted since noon")
    for name in ("traces", "cost.total"):
        assert (found[name].low, found[name].high) == (found[name].value, None)
        assert found[name].missing == "a lower bound: counted since noon"
    assert figures([run(1)])["traces"].missing == ""


def test_scores_that_could_not_be_had_are_counted():
    given = [scored(number, 1.0) for number in range(20)]
    lost = MonitoredRecord("f" * 32, 99, "m", "all", 1.0, {"contains": {"unscored": "the judge is away"}})
    found = figures(scores=[*given, lost])["score.contains"]
    assert (found.n, found.missing) == (20, "1 of 21 drawn runs unscored")
    assert found.low is not None
    assert figures(scores=[lost])["score.contains"].value is None


def judged(number, cost):
    return replace(scored(number, 1.0), judged={"calls": 2, "cost": cost, "input_tokens": 90, "output_tokens": 9})


def test_what_judges_cost_is_told_apart_from_what_runs_cost():
    found = figures([run(1, cost=0.5)], [judged(1, 0.25), judged(2, 0.125), scored(3, 1.0)])
    spent = found["cost.judges"]
    assert (spent.value, spent.unit, spent.n, spent.missing) == (0.375, "USD", 2, "")
    assert found["cost.total"].value == 0.5
    assert figures()["cost.judges"].value == 0.0


def test_what_judges_cost_is_a_lower_bound_where_one_has_no_price():
    spent = figures(scores=[judged(1, 0.25), judged(2, None)])["cost.judges"]
    assert (spent.value, spent.low, spent.high) == (0.25, 0.25, None)
    assert spent.missing == "a lower bound: 1 of 2 judged runs without a price"


def test_where_answers_get_worse_in_the_middle_the_score_still_has_an_interval():
    fallen = [scored(number, float(number < 200)) for number in range(400)]
    found = figures(scores=fallen)["score.contains"]
    assert 0.4 < found.low < found.value == 0.5 < found.high < 0.6


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


def test_a_weight_that_none_has_yet_widens_the_interval_already():
    sure = [scored(number, float(number % 4 > 0)) for number in range(100)]
    narrow, wide = (figures(scores=sure, weight=weight)["score.contains"] for weight in (1.0, 10.0))
    assert wide.value == narrow.value
    assert wide.high - wide.low > narrow.high - narrow.low


def test_feedback_is_told_by_its_name():
    said = [FeedbackRecord(f"{number:032x}", "helpful", number % 2, "", "ann", number) for number in range(40)]
    found = figures(feedback=[(one, one.run) for one in said])["feedback.helpful"]
    assert (found.value, found.n) == (0.5, 40)
    assert found.low < 0.5 < found.high
    of_few = figures(feedback=[(one, f"session {one.created // 4}") for one in said])["feedback.helpful"]
    assert of_few.clusters == 10


def test_without_runs_there_is_no_value_and_it_says_so():
    found = figures()
    assert found["error_rate"].value is None
    assert found["error_rate"].missing == "no runs"
    assert found["traces"].value == 0


def test_drift_is_the_evidence_of_its_watch():
    assert figures(evidence={"questions": 0.4})["drift.questions"].value == 0.4
