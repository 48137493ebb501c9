"""What a passing sample costs: a ratio over cases, with what is not known left out and said."""

import numpy as np
import pytest

from genops.stats import ratio_interval
from tests.evals.stored import contains


def sample(case, passes, cost, **more):
    scores = {"contains": {"unscored": "no verdict", "passed": None} if passes is None else contains(passes)}
    return {"case": case, "scores": scores, "cost": cost, **more}


def found(evaluations, samples, **more):
    return evaluations.summary(evaluations.add(samples, **more)).variants[0].cost_per_pass


def test_it_is_the_ratio_of_two_sums_with_the_interval_of_a_bootstrap(evaluations):
    random = np.random.default_rng(1)
    costs, passes = random.gamma(2, 0.01, 60), random.binomial(1, 0.7, 60)
    measure = found(evaluations, [sample(n, passes[n], float(costs[n])) for n in range(60)]).measure
    assert (measure.value, measure.unit, measure.n) == (pytest.approx(costs.sum() / passes.sum()), "USD", 60)
    assert (measure.low, measure.high) == pytest.approx(ratio_interval(costs, passes).bounds)
    assert measure.low < measure.value < measure.high
    assert measure.method == "BCa bootstrap"


def test_an_unknown_price_is_left_out_and_said(evaluations):
    one = found(evaluations, [sample(0, 1, 0.2), sample(1, 0, 0.4), sample(2, 1, None), sample(3, None, 9.0)])
    assert (one.measure.value, one.measure.n, one.unknown) == (pytest.approx(0.6), 2, 2)
    assert found(evaluations, [sample(0, 1, None)]).measure.value is None


def test_where_nothing_passes_there_is_none(evaluations):
    one = found(evaluations, [sample(0, 0, 0.2), sample(1, 0, 0.4)])
    assert (one.measure.value, one.measure.missing) == (None, "nothing passed")


def test_where_nothing_says_what_passes_it_is_not_told(evaluations):
    scored = {"case": 0, "scores": {"contains": {"value": 1.0}}, "cost": 0.2}
    assert found(evaluations, [scored], thresholds={"contains": None}) is None


def test_of_what_costs_nothing_it_is_not_told(evaluations):
    assert found(evaluations, [sample(0, 1, 0.0), sample(1, 0, 0.0)]) is None


def test_repeats_are_averaged_within_a_case_and_results_used_again_are_no_whole_cost(evaluations):
    samples = [sample(0, 1, 0.2), sample(0, 0, 0.4, repeat=1), sample(1, 1, 0.6), sample(2, 1, 0.0, reused=True)]
    one = found(evaluations, samples, repeat=2)
    assert (one.measure.value, one.measure.n, one.unknown) == (pytest.approx((0.3 + 0.6) / 1.5), 2, 0)


def test_weights_count_and_clusters_are_drawn_whole(evaluations):
    cases = [{"id": f"c{n}", "inputs": {"q": "x"}, "weight": 1 + n % 2, "cluster": f"k{n // 3}"} for n in range(30)]
    samples = [sample(n, n % 5 > 0, 0.1 * (1 + n % 3)) for n in range(30)]
    measure = found(evaluations, samples, cases=cases).measure
    weights = [1 + n % 2 for n in range(30)]
    cost = sum(w * 0.1 * (1 + n % 3) for n, w in enumerate(weights))
    assert measure.value == pytest.approx(cost / sum(w * (n % 5 > 0) for n, w in enumerate(weights)))
    assert (measure.method, measure.clusters, measure.n) == ("BCa bootstrap of clusters", 10, 30)
