"""How many cases a difference needs, by a spread that is given or was measured."""

import numpy as np
import pytest

from genops.errors import UsageError
from genops.evals.power import given_spread, measured_spread, plan_cases
from genops.stats.power import cases_for_mean
from tests.evals.stored import Evaluations


@pytest.fixture
def evaluations(tmp_path):
    made = Evaluations(tmp_path)
    yield made
    made.store.close()


def tally(evaluations, before, after=None):
    arms = {"old": before} | ({"new": after} if after is not None else {})
    samples = [
        {"case": n, "variant": variant, "scores": {"contains": {"value": value}}}
        for variant, values in arms.items()
        for n, value in enumerate(values)
    ]
    record = evaluations.add(samples, variants=tuple(arms))
    return evaluations.results.tally(evaluations.results.find(record.id))


def test_a_test_that_looks_once_needs_what_the_t_test_needs():
    plan = plan_cases(0.1, given_spread(0.4))
    assert plan.fixed == cases_for_mean(0.1, 0.4)
    assert plan.sequential.right > 0.8
    assert plan.sequential.wrong <= 0.05


def test_a_large_difference_takes_the_gate_few_cases():
    small, large = (plan_cases(size, given_spread(0.4)) for size in (0.1, 0.4))
    assert large.sequential.median < small.sequential.median / 4


def test_a_dataset_of_its_own_is_used_up_at_most():
    plan = plan_cases(0.02, given_spread(0.3), cases=150)
    assert plan.sequential.most <= 150


def test_the_spread_of_two_variants_is_that_of_their_differences(evaluations):
    before, after = [0.1, 0.5, 0.9, 0.4], [0.2, 0.5, 0.8, 0.9]
    spread = measured_spread(tally(evaluations, before, after))
    assert spread.deviation == pytest.approx(np.std(np.subtract(after, before), ddof=1))
    assert (spread.n, spread.ends) == (4, (-1.0, 1.0))
    assert "new against old" in spread.source


def test_one_variant_is_taken_for_unlike_any_other(evaluations):
    values = [0.1, 0.5, 0.9, 0.4]
    spread = measured_spread(tally(evaluations, values))
    assert spread.deviation == pytest.approx(np.sqrt(2) * np.std(values, ddof=1))


def test_scores_that_do_not_scatter_tell_nothing(evaluations):
    with pytest.raises(UsageError, match="tell no spread"):
        measured_spread(tally(evaluations, [1.0, 1.0], [1.0, 1.0]))


def test_an_unknown_metric_lists_what_there_is(evaluations):
    with pytest.raises(UsageError, match="no metric 'contain'") as raised:
        measured_spread(tally(evaluations, [0.0, 1.0]), "contain")
    assert "did you mean contains?" in raised.value.hint


@pytest.mark.parametrize(
    ("difference", "cases", "said"),
    [(0.001, None, "a difference of 0.001 takes 6,182,558 cases where a test looks once"), (0.1, 10**9, "at most")],
)
def test_what_cannot_be_simulated_is_said_so(difference, cases, said):
    with pytest.raises(UsageError, match=said):
        plan_cases(difference, given_spread(1.0), cases=cases)


@pytest.mark.parametrize(("difference", "deviation"), [(0, 0.4), (0.1, 0), (0.1, 3)])
def test_what_cannot_be_is_a_clear_error(difference, deviation):
    with pytest.raises(UsageError):
        plan_cases(difference, given_spread(deviation))
