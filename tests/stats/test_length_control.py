import numpy as np
import pytest
import statsmodels.api as sm

from genops.stats import cluster_mean_interval, length_controlled_win_rate


def judged(random, n, skill=0.0, bias=2.0, longer=150):
    """Outcomes of a judge who likes length, and the lengths of both sides."""
    other = random.normal(500, 60, n)
    own = other + longer + random.normal(0, 100, n)
    term = np.tanh((own - other) / (own - other).std())
    return random.binomial(1, 1 / (1 + np.exp(-skill - bias * term))).astype(float), own, other


def test_a_win_rate_that_is_owed_to_length_is_taken_back():
    found = length_controlled_win_rate(*judged(np.random.default_rng(0), 3_000))
    assert found.raw.estimate > 0.75
    assert found.win_rate.bounds[0] < 0.5 < found.win_rate.bounds[1]
    assert found.length_effect.bounds[0] < 2 < found.length_effect.bounds[1]


def test_without_a_taste_for_length_it_is_the_win_rate():
    found = length_controlled_win_rate(*judged(np.random.default_rng(1), 4_000, skill=0.6, bias=0.0))
    assert found.win_rate.estimate == pytest.approx(found.raw.estimate, abs=0.03)


def test_it_is_the_logistic_regression_of_statsmodels():
    random = np.random.default_rng(2)
    outcomes, own, other = judged(random, 600, skill=0.3)
    clusters = np.arange(600) // 5
    term = np.tanh((own - other) / (own - other).std())
    fit = sm.Logit(outcomes, sm.add_constant(term)).fit(disp=0, cov_type="cluster", cov_kwds={"groups": clusters})
    found = length_controlled_win_rate(outcomes, own, other, clusters, ridge=1e-9)
    assert found.win_rate.estimate == pytest.approx(1 / (1 + np.exp(-fit.params[0])))
    assert found.length_effect.estimate == pytest.approx(fit.params[1])
    low, high = found.length_effect.bounds
    assert (high - low) / 2 == pytest.approx(1.98 * fit.bse[1], rel=0.01)
    assert found.raw == cluster_mean_interval(outcomes, clusters)
    assert found.win_rate.clusters == 120


def test_the_interval_covers():
    """1,000 samples of 200 cases, one of skill 0.4: 95%, less 2.4% that 3.5 standard errors allow."""
    random = np.random.default_rng(3)
    bounds = [length_controlled_win_rate(*judged(random, 200, 0.4, 1.0, 50)).win_rate.bounds for _ in range(1_000)]
    assert np.mean([low <= 1 / (1 + np.exp(-0.4)) <= high for low, high in bounds]) >= 0.95 - 0.024


def test_who_always_wins_has_a_rate_below_one():
    found = length_controlled_win_rate([1.0] * 50, list(range(50)), [10] * 50)
    assert 0.9 < found.win_rate.estimate < 1


@pytest.mark.parametrize("outcome", [0.0, 0.5, 1.0])
def test_outcomes_that_are_all_alike_leave_the_rate_open(outcome):
    _, own, other = judged(np.random.default_rng(5), 10)
    low, high = length_controlled_win_rate([outcome] * 10, own, other).win_rate.bounds
    assert low < outcome < high or outcome != 0.5
    assert high - low > 0.2


def test_answers_of_one_length_have_their_raw_rate():
    found = length_controlled_win_rate([1, 0, 1, 1] * 10, [5] * 40, [5] * 40, ridge=1e-9)
    assert (found.win_rate.estimate, found.length_effect.estimate) == (pytest.approx(0.75), 0)


@pytest.mark.parametrize(
    ("outcomes", "own", "other", "complaint"),
    [
        ([1.0], [3], [4], "at least two"),
        ([1.0, 0.0], [3, 4], [4], "two lengths"),
        ([1.0, 2.0], [3, 4], [4, 5], "between 0 and 1"),
        ([1.0, 0.0], [3, float("inf")], [4, 5], "finite"),
    ],
)
def test_what_cannot_be_fitted_is_refused(outcomes, own, other, complaint):
    with pytest.raises(ValueError, match=complaint):
        length_controlled_win_rate(outcomes, own, other)
