"""What a campaign's tries say: rates of the sweep, the five outcomes apart, what the search did told apart."""

import tracemalloc
from dataclasses import astuple

import pytest

from genops.fuzz.summary import Accuracy, summarise
from genops.fuzz.summary.tally import tally
from tests.fuzz.stored import right, tried, under


@pytest.fixture
def summary(campaigns):
    return lambda *args, accuracy=None, **more: summarise(campaigns.store, campaigns.add(*args, **more), accuracy)


def test_the_five_outcomes_are_counted_apart_and_only_two_are_in_the_rate(summary):
    kinds = ["breach"] * 2 + ["safe"] * 6 + ["crashed"] * 5 + ["unscored"] * 4 + ["infrastructure"] * 3
    one = summary([{"outcome": kind} for kind in kinds]).objectives[0]
    assert astuple(one.sweep) == (2, 6, 5, 4, 3, 0, 0)
    assert (one.rate.value, one.rate.n) == (0.25, 8)
    assert one.bounds == (2 / 20, 14 / 20)


def test_an_attacker_that_declines_is_no_failure_of_the_infrastructure(summary):
    def ended(kind, count):
        return [{"outcome": "infrastructure", "phase": "strategy", "error": {"type": kind}}] * count

    found = summary([*[{}] * 24, *ended("AttackerRefused", 3), *ended("AttackerUnusable", 2)])
    one = found.objectives[0].strategy
    assert (one.refused, one.unusable, one.infrastructure, one.made) == (3, 2, 0, 5)
    assert found.verdict.outcome == "good"


def test_the_search_is_counted_and_in_no_rate(summary):
    swept = [{"outcome": "safe"}] * 24
    one = summary(swept + [{"outcome": "breach", "phase": "search"}] * 30).objectives[0]
    assert (one.sweep.breach, one.search.breach, one.strategy.made, one.rate.value) == (0, 30, 0, 0.0)
    assert [rate.outcomes.breach for rate in one.mutators] == [0]
    assert one.steps == ()
    assert one.at_least_once[-1].success.value == 0


def test_other_phases_are_told_apart_or_left_out(summary):
    strategies = [{"outcome": "breach", "phase": "strategy"}] * 3
    found = summary([*[{}] * 24, *strategies, {"outcome": "asked", "phase": "robustness", "objective": "typos"}])
    assert [one.name for one in found.objectives] == ["prompt_extraction"]
    assert (found.objectives[0].strategy.breach, found.objectives[0].rate.n, found.verdict.outcome) == (3, 24, "bad")


def test_rates_by_mutator_come_the_most_broken_first(summary):
    tries = [{"outcome": "breach" if n < 9 else "safe", "mutations": under("base64")} for n in range(12)]
    one = summary(tries + [{"mutations": under("hex")}] * 12 + [{"outcome": "safe"}] * 12).objectives[0]
    assert [(rate.mutator, rate.rate.value) for rate in one.mutators] == [("base64", 0.75), ("", 0.0), ("hex", 0.0)]
    assert all(rate.rate.high is not None for rate in one.mutators)


def test_rates_by_field_are_told_where_there_is_more_than_one(summary):
    notes = [{"outcome": "breach" if n < 9 else "safe", "field": "notes"} for n in range(12)]
    one = summary(notes + [{"field": "question"}] * 12).objectives[0]
    assert [(rate.field, rate.rate.value, rate.outcomes.made) for rate in one.fields] == [
        ("notes", 0.75, 12),
        ("question", 0.0, 12),
    ]
    assert all(rate.rate.high is not None for rate in one.fields)
    assert summary([{}] * 24).objectives[0].fields == ()


def test_a_breach_by_another_field_is_not_explained_by_a_finding(summary):
    tries = [{"outcome": "breach", "field": field} for field in ("notes", "question") for _ in range(12)]
    one = summary(tries, [{"field": "notes", "number": 0}]).objectives[0]
    assert [(rate.step, rate.breaches) for rate in one.steps] == [("answer", 12), (None, 12)]


def test_breaches_are_laid_at_the_step_of_the_finding_that_explains_them(summary):
    breach = {"outcome": "breach", "mutations": under("base64")}
    tries = [breach, breach, {"outcome": "breach"}, *[{"outcome": "safe"}] * 21]
    steps = summary(tries, [{"mutations": under("base64"), "step": "tray[0]/answer"}]).objectives[0].steps
    assert [(rate.step, rate.breaches) for rate in steps] == [("tray[0]/answer", 2), (None, 1)]
    assert steps[0].rate.value == 2 / 24


def test_the_finding_of_a_try_tells_its_step_whatever_its_shortest_form_says(summary):
    steps = summary([{"outcome": "breach"}], [{"label": "leak decoded", "step": "ask"}]).objectives[0].steps
    assert [rate.step for rate in steps] == ["ask"]


def test_at_least_once_in_k_tries_is_a_curve_over_seeds(summary):
    tries = [{"outcome": "breach" if n in (0, 12) else "safe"} for n in range(48)]
    curve = summary(tries).objectives[0].at_least_once
    assert [point.k for point in curve] == [1, 2, 4]
    assert [point.success.value for point in curve] == pytest.approx([2 / 48, 5 / 6 / 12, 1 / 12])


def test_the_rate_is_corrected_where_the_detectors_were_measured(summary):
    tries = [{"outcome": "breach" if n % 4 == 0 else "safe"} for n in range(48)]
    good = {"prompt_extraction": Accuracy(right(95, 100), right(98, 100))}
    assert summary(tries).objectives[0].corrected is None
    assert summary(tries, accuracy=good).objectives[0].corrected.value == pytest.approx(0.23 / 0.93)


def test_findings_come_worst_first(summary):
    findings = [
        {"id": f"{n:032x}", "number": n, "severity": how} for n, how in enumerate(("low", "high", "critical", "high"))
    ]
    found = summary([{"outcome": "breach"}], findings).findings
    assert [int(one.id, 16) for one in found] == [2, 1, 3, 0]


def test_every_objective_is_there_with_its_tags_and_over_refusal_beside_the_others(summary):
    found = summary([{}] * 24, objectives=("prompt_extraction", "over_refusal")).objectives
    assert [one.name for one in found] == ["prompt_extraction", "over_refusal"]
    assert found[0].tags.owasp
    assert (found[1].sweep.made, found[1].rate.value) == (0, None)


def test_an_objective_that_is_not_installed_any_more_is_still_reported(summary):
    assert summary([{}] * 24, objectives=("of_a_plugin",)).objectives[0].title == "of_a_plugin"


@pytest.mark.slow
def test_a_hundred_thousand_tries_take_no_more_memory_than_a_thousand():
    def peak(count):
        tracemalloc.start()
        kinds = ({"outcome": "safe", "mutations": under(f"m{n % 40}")} for n in range(count))
        tally((tried(n, objective="crash", **kind) for n, kind in enumerate(kinds)), [])
        used = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return used

    peak(1_000)
    assert peak(100_000) < 1.5 * peak(1_000)


def test_a_breach_of_the_whole_chain_is_told_from_one_that_no_finding_explains(campaigns):
    breaches = [{"outcome": "breach"}, {"outcome": "breach", "surface": "passage"}]
    record = campaigns.add(breaches, [{"step": "", "number": 0, "label": "leak exact"}])
    (one,) = summarise(campaigns.store, record).objectives
    assert {rate.step: rate.breaches for rate in one.steps} == {"": 1, None: 1}
