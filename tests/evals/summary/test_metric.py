"""A metric of a variant: repeats within cases, weights, what is missing, pass@k."""

import pytest

from tests.evals.stored import contains

UNSCORED = {"unscored": "the judge answered prose", "passed": None}


def cases(count, **columns):
    return [
        {"id": f"c{n}", "inputs": {"q": "x"}, **{name: values[n] for name, values in columns.items()}}
        for n in range(count)
    ]


def metric(evaluations, samples, name="contains", **options):
    return evaluations.summary(evaluations.add(samples, **options)).variants[0].metrics[name]


def test_repeats_are_averaged_within_a_case_first(evaluations):
    samples = [{"case": 0, "repeat": r, "scores": {"contains": contains(r == 0)}} for r in range(4)]
    samples += [{"case": 1, "repeat": 0, "scores": {"contains": contains(1)}}]
    found = metric(evaluations, samples, repeat=4)
    assert found.mean.value == (0.25 + 1) / 2
    assert (found.mean.n, found.scored) == (2, 5)


def test_weights_of_cases_are_respected(evaluations):
    samples = [{"case": n, "scores": {"contains": contains(n == 0)}} for n in range(3)]
    found = metric(evaluations, samples, cases=cases(3, weight=[3.0, 1.0, 1.0]))
    assert found.mean.value == pytest.approx(0.6)
    assert found.mean.method.startswith("CR2")


def test_cases_of_one_cluster_count_as_one_in_the_interval(evaluations):
    samples = [{"case": n, "scores": {"contains": contains(n % 2)}} for n in range(8)]
    found = metric(evaluations, samples, cases=cases(8, cluster=["a", "a", "b", "b", "c", "c", "d", "e"]))
    assert (found.mean.n, found.mean.clusters) == (8, 5)


def test_what_is_missing_is_neither_0_nor_a_pass_and_bounds_say_what_it_could_change(evaluations):
    samples = [{"case": n, "scores": {"contains": contains(1)}} for n in range(6)]
    samples += [{"case": 6, "scores": {"contains": contains(0)}}, {"case": 7, "scores": {"contains": UNSCORED}}]
    samples += [{"case": n, "status": "error", "error": {"type": "StepTimeout"}} for n in (8, 9)]
    found = metric(evaluations, samples)
    assert found.mean.value == pytest.approx(6 / 7)
    assert (found.scored, found.unscored, found.missing) == (7, 1, 3)
    assert found.bounds == (0.6, 0.9)
    assert found.pass_bounds == (0.6, 0.9)


def test_a_pass_rate_is_told_where_a_threshold_is(evaluations):
    scores = [{"value": 0.1 * n, "passed": n >= 5} for n in range(10)]
    found = metric(evaluations, [{"case": n, "scores": {"contains": score}} for n, score in enumerate(scores)])
    assert found.mean.value == pytest.approx(0.45)
    assert found.pass_rate.value == 0.5
    assert found.pass_rate.unit == "share"
    assert found.histogram.counts[0] == 1


def test_scores_without_a_bound_have_no_worst_case(evaluations):
    samples = [{"case": n, "scores": {"contains": {"value": 500.0 + n}}} for n in range(3)]
    samples += [{"case": 3, "status": "error", "error": {}}]
    options = {"ranges": {"contains": [0.0, None]}, "thresholds": {"contains": None}}
    found = metric(evaluations, samples, **options)
    assert found.bounds is None
    assert found.pass_rate is None


def test_the_mean_of_a_score_with_one_bound_is_not_told_to_lie_beyond_it(evaluations):
    samples = [{"case": n, "scores": {"contains": {"value": value}}} for n, value in enumerate((1.0, 1.0, 2.0, 300.0))]
    options = {"ranges": {"contains": [0.0, None]}, "thresholds": {"contains": None}}
    found = metric(evaluations, samples, **options)
    assert found.mean.low == 0
    assert found.mean.high > 300


def test_several_tries_have_pass_at_k_and_pass_hat_k(evaluations):
    passes = [(1, 1, 1), (1, 0, 0), (0, 0, 0), (1, 1, 0)]
    samples = [
        {"case": n, "repeat": r, "scores": {"contains": contains(passed)}}
        for n, row in enumerate(passes)
        for r, passed in enumerate(row)
    ]
    two, three = metric(evaluations, samples, repeat=3).tries
    assert (two.k, three.k) == (2, 3)
    assert three.any.value == 3 / 4
    assert three.all.value == 1 / 4
    assert two.any.value == pytest.approx((1 + 2 / 3 + 0 + 1) / 4)
    assert two.all.value == pytest.approx((1 + 0 + 0 + 1 / 3) / 4)
    assert three.any.n == 4


def test_a_case_with_too_few_scored_tries_is_left_out_of_pass_at_k(evaluations):
    samples = [
        {"case": 0, "repeat": 0, "scores": {"contains": contains(1)}},
        {"case": 0, "repeat": 1, "scores": {"contains": contains(1)}},
        {"case": 1, "repeat": 0, "scores": {"contains": contains(0)}},
        {"case": 1, "repeat": 1, "scores": {"contains": UNSCORED}},
    ]
    (two,) = metric(evaluations, samples, repeat=2).tries
    assert (two.any.value, two.any.n) == (1, 1)


def test_a_case_passes_as_a_whole_when_no_score_fails(evaluations):
    samples = [
        {"case": 0, "scores": {"contains": contains(1), "polite": contains(1)}},
        {"case": 1, "scores": {"contains": contains(1), "polite": contains(0)}},
        {"case": 2, "scores": {"contains": contains(1), "polite": UNSCORED}},
        {"case": 3, "scores": {"contains": contains(0), "polite": UNSCORED}},
    ]
    found = metric(evaluations, samples, "passed", scorers=("contains", "polite"))
    assert (found.mean.value, found.scored, found.unscored) == (1 / 3, 3, 1)
