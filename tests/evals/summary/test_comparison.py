"""Variants are compared case by case, and what is claimed is corrected for everything that was looked at."""

import random

import numpy as np
import pytest

from genops.evals.gate import Verdict
from genops.stats import e_benjamini_hochberg, holm, mcnemar_test
from tests.evals.stored import contains


def two(evaluations, before, after, **options):
    """An evaluation of two variants: a score of each, a case a row; None where there is none."""
    samples = [
        {"case": n, "variant": variant, "scores": {"contains": contains(value)}}
        for n, values in enumerate(zip(before, after, strict=True))
        for variant, value in zip(("old", "new"), values, strict=True)
        if value is not None
    ]
    return evaluations.add(samples, variants=("old", "new"), **options)


def only(summary):
    (comparison,) = summary.comparisons
    return comparison


def test_passes_and_failures_are_compared_by_mcnemars_exact_test(evaluations):
    before, after = [1] * 12 + [0] * 8, [1] * 4 + [0] * 8 + [1] * 2 + [0] * 6
    found = only(evaluations.summary(two(evaluations, before, after))).metrics[0]
    exact = mcnemar_test(np.array(before) == 1, np.array(after) == 1)
    assert (found.test, found.p) == ("exact McNemar", exact.p)
    assert (found.wins, found.ties, found.losses) == (2, 10, 8)
    assert found.difference.value == pytest.approx(-0.3)
    assert found.difference.low < -0.3 < found.difference.high
    assert (found.difference.n, found.difference.unit) == (20, "score")
    assert found.relative == pytest.approx(-0.5)


def test_other_scores_are_compared_by_flipping_signs(evaluations):
    before, after = [0.5] * 10, [0.6] * 10
    found = only(evaluations.summary(two(evaluations, before, after))).metrics[0]
    assert found.test == "sign-flip permutation"
    assert found.p == pytest.approx(2 / 2**10)
    assert found.direction == "better"


def test_where_smaller_is_better_a_fall_is_a_win(evaluations):
    record = two(evaluations, [0.6] * 10, [0.5] * 10)
    record.body["manifest"]["scorers"][0]["lower_is_better"] = True
    evaluations.store.change_evaluation(record.id, body=record.body)
    found = only(evaluations.summary(record)).metrics[0]
    assert (found.wins, found.losses) == (10, 0)
    assert found.direction == "better"


def test_an_evaluation_that_has_nothing_in_common_is_said_to_have_nothing(evaluations):
    before, after = (
        evaluations.add([{"case": 0, "scores": {"contains": contains(1)}}], cases=[{"id": id, "inputs": {"q": "x"}}])
        for id in ("a", "b")
    )
    summary = evaluations.summary(after, before)
    assert only(summary).metrics == ()
    said = f"one is not compared with one of {before.id[:12]}: no case has a score of the same name in both"
    assert said in summary.notes
    assert evaluations.summary(after).notes == ()


def test_only_cases_that_both_have_are_compared(evaluations):
    found = only(evaluations.summary(two(evaluations, [1, 1, None, 0], [1, None, 1, 1]))).metrics[0]
    assert (found.difference.n, found.unpaired) == (2, 2)


def test_no_case_that_moved_still_leaves_doubt(evaluations):
    found = only(evaluations.summary(two(evaluations, [1, 0] * 20, [1, 0] * 20))).metrics[0]
    assert (found.difference.value, found.direction, found.p) == (0, "same", 1)
    assert found.difference.low == -found.difference.high
    assert 0 < found.difference.high < 0.1


def test_rounding_of_a_mean_over_repeats_moves_no_case(evaluations):
    cases = [{"id": f"c{n}", "inputs": {"q": "x"}} for n in range(30)]
    once, thrice = (
        evaluations.add(
            [
                {"case": n, "repeat": r, "scores": {"contains": {"value": 0.7}}}
                for n in range(30)
                for r in range(repeat)
            ],
            cases=cases,
            repeat=repeat,
        )
        for repeat in (1, 3)
    )
    found = only(evaluations.summary(thrice, once)).metrics[0]
    assert (found.wins, found.ties, found.losses, found.moved) == (0, 30, 0, ())
    assert (found.direction, found.p, found.difference.value) == ("same", 1.0, 0.0)
    assert found.difference.low < -0.1


def test_the_cases_that_moved_most_come_first_losses_before_wins(evaluations):
    found = only(evaluations.summary(two(evaluations, [0.5, 0.2, 0.9, 0.4], [0.5, 0.3, 0.1, 1.0]))).metrics[0]
    assert [case.case for case in found.moved] == ["c2", "c3", "c1"]
    assert (found.moved[0].before, found.moved[0].after) == (0.9, 0.1)
    record = evaluations.results.find("last").record
    runs = {(sample.case, sample.variant): sample.run for sample in evaluations.store.samples(record.id)}
    assert (found.moved[0].run_before, found.moved[0].run_after) == (runs["c2", "old"], runs["c2", "new"])


def test_all_tests_of_a_summary_are_corrected_together_and_named(evaluations):
    drawn = random.Random(3)
    variants = ("base", "b", "c")
    samples = [
        {
            "case": n,
            "variant": variant,
            "scores": {name: {"value": drawn.random()} for name in ("contains", "other")},
        }
        for n in range(30)
        for variant in variants
    ]
    thresholds = {"contains": None, "other": None}
    record = evaluations.add(samples, variants=variants, scorers=("contains", "other"), thresholds=thresholds)
    summary = evaluations.summary(record)
    assert summary.correction.tests == ("b: contains", "b: other", "c: contains", "c: other")
    tested = [metric for comparison in summary.comparisons for metric in comparison.metrics]
    assert [m.adjusted for m in tested] == list(holm([m.p for m in tested]).adjusted)
    assert "Holm" in summary.correction.method


def test_the_whole_pass_is_not_tested_again_where_one_scorer_alone_tells_it(evaluations):
    summary = evaluations.summary(two(evaluations, [1, 0, 1], [1, 1, 0]))
    assert [metric.metric for metric in only(summary).metrics] == ["contains"]


def test_another_variant_may_be_the_reference(evaluations):
    record = two(evaluations, [1, 0, 1], [1, 1, 0])
    found = only(evaluations.summary(record, reference="new"))
    assert (found.variant, found.reference) == ("old", "new")


def test_amounts_are_compared_and_not_tested(evaluations):
    samples = [
        {"case": n, "variant": v, "seconds": s, "input_tokens": 10, "cost": None, "scores": {}}
        for n in range(5)
        for v, s in (("old", 1.0), ("new", 2.0 + n / 10))
    ]
    found = only(evaluations.summary(evaluations.add(samples, variants=("old", "new")))).amounts
    assert [amount.metric for amount in found] == ["latency", "tokens"]  # no cost is known
    latency = found[0]
    assert latency.difference.value == pytest.approx(1.2)
    assert (latency.difference.unit, latency.p, latency.losses) == ("s", None, 5)


def test_evaluations_of_other_datasets_are_paired_by_the_ids_of_cases(evaluations):
    rows = [{"id": name, "inputs": {"q": "x"}} for name in "abcd"]
    before = evaluations.add([{"case": n, "scores": {"contains": contains(1)}} for n in range(4)], cases=rows)
    after = evaluations.add([{"case": n, "scores": {"contains": contains(0)}} for n in range(3)], cases=rows[:0:-1])
    found = only(evaluations.summary(after, before))
    assert found.evaluation == before.id
    assert found.metrics[0].difference.n == 3
    assert found.metrics[0].unpaired == 1
    assert {case.case for case in found.metrics[0].moved} == {"b", "c", "d"}


def test_a_variant_is_compared_with_that_of_the_same_name_else_with_the_first(evaluations):
    before, after = (two(evaluations, [1, 0], [0, 1]) for _ in range(2))
    assert [c.reference for c in evaluations.summary(after, before).comparisons] == ["old", "new"]
    other = evaluations.add([{"case": 0, "variant": "x", "scores": {"contains": contains(1)}}], variants=("x",))
    assert [c.reference for c in evaluations.summary(other, before).comparisons] == ["old"]


def test_hundreds_of_variants_are_no_trouble(evaluations):
    variants = tuple(f"v{n}" for n in range(300))
    samples = [
        {"case": n, "variant": v, "scores": {"contains": contains((n + place) % 3 > 0)}}
        for n in range(6)
        for place, v in enumerate(variants)
    ]
    summary = evaluations.summary(evaluations.add(samples, variants=variants))
    assert len(summary.variants) == 300
    assert len(summary.correction.tests) == 299


def test_e_values_bound_the_share_of_false_claims_where_that_is_asked_for(evaluations):
    scores = [f"s{number}" for number in range(4)]
    random_ = random.Random(3)
    samples = [
        {
            "case": n,
            "variant": variant,
            "scores": {
                name: contains(float(random_.random() < 0.4 + 0.5 * (place == 0 and variant == "new")))
                for place, name in enumerate(scores)
            },
        }
        for n in range(120)
        for variant in ("old", "new")
    ]
    record = evaluations.add(samples, variants=("old", "new"), scorers=scores)
    summary = evaluations.summary(record, correction="e-bh")
    tested = [found for found in only(summary).metrics if found.p is not None]
    assert (summary.correction.name, summary.correction.method) == ("e-bh", "e-BH, false discovery rate")
    assert [found.adjusted for found in tested] == list(e_benjamini_hochberg([found.e for found in tested]).adjusted)
    assert all(found.p == min(1.0, 1 / found.e) for found in tested)
    assert [found.direction for found in tested[:2]] == ["better", "unclear"]


def test_holm_s_p_values_come_with_e_values_beside_them(evaluations):
    found = only(evaluations.summary(two(evaluations, [0] * 40, [1] * 40))).metrics[0]
    assert found.test == "exact McNemar"
    assert found.e > 1_000


def test_what_a_gate_stopped_is_told_by_e_values(evaluations):
    rows = [{"id": str(n), "inputs": {"q": "x"}} for n in range(100)]
    verdict = Verdict("pass", (), (), (), 0.05, "dataset", 100, 40, 200, 80)
    stopped = two(evaluations, [0] * 40, [1] * 40, cases=rows, verdict=verdict)
    assert evaluations.summary(stopped).correction.name == "e-bh"
    assert evaluations.summary(stopped, correction="holm").correction.name == "holm"
    whole = two(evaluations, [0] * 40, [1] * 40)
    assert evaluations.summary(whole).correction.name == "holm"
    assert evaluations.summary(whole, stopped).correction.name == "e-bh"


def test_scores_without_bounds_have_no_e_value_and_are_not_tested_by_one(evaluations):
    record = two(evaluations, [0.2] * 20, [3.0] * 20, ranges={"contains": [0.0, None]}, thresholds={"contains": None})
    found = only(evaluations.summary(record, correction="e-bh")).metrics[0]
    assert (found.e, found.p, found.adjusted, found.direction) == (None, None, None, "unclear")
    assert only(evaluations.summary(record)).metrics[0].direction == "better"


def test_variants_are_compared_with_the_baseline_of_the_gate(evaluations):
    record = two(evaluations, [1] * 10, [0] * 10)
    assert only(evaluations.summary(record)).reference == "old"
    record.body["manifest"]["gate"] = {"rules": ["contains >= 0.5", "contains not worse than new by 0.1"]}
    evaluations.store.change_evaluation(record.id, body=record.body)
    found = only(evaluations.summary(record))
    assert (found.variant, found.reference) == ("old", "new")
    assert only(evaluations.summary(record, reference="old")).variant == "new"


def test_amounts_that_scorers_measure_have_their_units(evaluations):
    samples = [
        {"case": n, "variant": v, "scores": {"latency": {"value": 1.0 + (v == "new")}}} for n in range(5) for v in "ab"
    ]
    record = evaluations.add(
        samples,
        variants=("a", "b"),
        scorers=("latency",),
        ranges={"latency": [0.0, None]},
        thresholds={"latency": None},
    )
    summary = evaluations.summary(record)
    assert summary.variants[0].metrics["latency"].mean.unit == "s"
    assert only(summary).metrics[0].difference.unit == "s"
