from math import inf

import numpy as np
import pytest
from scipy import stats
from statsmodels.stats.power import TTestPower

from genops.stats import FiniteDataset, cases_for_mean, cases_for_proportion, sequential_cases


class TestMean:
    @pytest.mark.parametrize(("difference", "deviation"), [(0.05, 0.3), (-0.1, 0.2), (0.5, 0.4), (0.02, 0.5)])
    @pytest.mark.parametrize("power", [0.8, 0.95])
    def test_it_is_that_of_statsmodels(self, difference, deviation, power):
        effect = abs(difference) / deviation
        expected = TTestPower().solve_power(effect, alpha=0.05, power=power, alternative="larger")
        found = cases_for_mean(difference, deviation, power)
        assert found.n == int(np.ceil(expected))
        assert (found.alpha, found.method) == (0.05, "t-test, one-sided")

    def test_very_small_differences_take_very_many(self):
        found = cases_for_mean(0.001, 0.4)
        assert found.n == pytest.approx((1.645 + 0.842) ** 2 * 160_000, rel=1e-3)

    @pytest.mark.parametrize(("deviation", "alpha"), [(1e-12, 0.05), (1e-7, 1e-9), (1e-300, 0.05)])
    def test_values_that_hardly_scatter_have_a_power(self, deviation, alpha):
        found = cases_for_mean(0.05, deviation, alpha=alpha)
        assert found.n <= 3
        assert found.power == pytest.approx(1.0)

    @pytest.mark.parametrize(("difference", "deviation"), [(0, 1), (0.1, 0), (0.1, inf), (inf, 0.1)])
    def test_nothing_to_find_is_refused(self, difference, deviation):
        with pytest.raises(ValueError, match="above zero"):
            cases_for_mean(difference, deviation)


class TestProportion:
    @pytest.mark.parametrize(("share", "bound"), [(0.96, 0.9), (0.8, 0.9), (0.55, 0.5), (1.0, 0.95), (0.1, 0.3)])
    def test_it_is_the_least_number_whose_power_stays_reached(self, share, bound):
        found = cases_for_proportion(share, bound, 0.9)
        n = np.arange(1, found.n + 201)
        if share > bound:
            reached = stats.binom.sf(stats.binom.isf(0.05, n, bound), n, share)
        else:
            most = stats.binom.ppf(0.05, n, bound)
            most = np.where(stats.binom.cdf(most, n, bound) <= 0.05, most, most - 1)
            reached = stats.binom.cdf(most, n, share)
        assert (reached[found.n - 1 :] >= 0.9).all()
        assert reached[found.n - 2] < 0.9
        assert found.power == pytest.approx(reached[found.n - 1])

    @pytest.mark.parametrize(("share", "bound"), [(0.9, 0.9), (1.2, 0.9), (0.5, 0.0)])
    def test_what_cannot_be_told_apart_is_refused(self, share, bound):
        with pytest.raises(ValueError, match="proportions"):
            cases_for_proportion(share, bound)


class TestSequential:
    def test_a_clear_difference_stops_early(self):
        found = sequential_cases(0.8, 0.4, bound=0.9, budget=1_000, runs=300)
        assert found.median < 0.4 * cases_for_proportion(0.8, 0.9, 0.997).n
        assert found.median <= found.mean <= found.most <= 1_000
        assert (found.right, found.runs, found.budget, found.alpha) == (pytest.approx(1, abs=0.01), 300, 1_000, 0.05)

    def test_a_difference_that_the_budget_cannot_show_stays_undecided(self):
        found = sequential_cases(0.905, 0.2, bound=0.9, budget=200, runs=200)
        assert found.undecided > 0.8
        assert found.median == 200
        assert found.right + found.wrong + found.undecided == pytest.approx(1)

    def test_at_the_bound_it_is_wrong_no_more_often_than_alpha(self):
        """1,000 runs: 5% and 3 standard errors (2.1%)."""
        assert sequential_cases(0.9 - 1e-9, 0.1, bound=0.9, budget=500, runs=1_000).wrong <= 0.071

    def test_less_spread_takes_fewer(self):
        medians = [sequential_cases(0.85, spread, 0.8, 2_000, runs=100).median for spread in (0.05, 0.2, 0.35)]
        assert medians == sorted(medians)

    def test_paired_differences_have_their_own_range(self):
        found = sequential_cases(-0.1, 0.43, bound=-0.02, budget=2_000, ends=(-1, 1), runs=200)
        assert found.right > 0.95
        assert found.median < 400

    def test_a_dataset_that_is_seen_whole_leaves_nothing_undecided(self):
        found = sequential_cases(0.905, 0.2, 0.9, 300, claim=FiniteDataset(300), runs=100)
        assert found.undecided == 0

    def test_the_seed_decides(self):
        assert sequential_cases(0.8, 0.4, 0.9, 300, runs=20) == sequential_cases(0.8, 0.4, 0.9, 300, runs=20)

    @pytest.mark.parametrize(
        ("mean", "deviation", "bound", "complaint"),
        [(0.8, 0.5, 0.9, "at most 0.4"), (0.8, 0.0, 0.9, "more than 0"), (1.0, 0.1, 0.9, "lie between")],
    )
    def test_what_cannot_be_is_refused(self, mean, deviation, bound, complaint):
        with pytest.raises(ValueError, match=complaint):
            sequential_cases(mean, deviation, bound, 100, runs=1)


@pytest.mark.parametrize(("power", "alpha"), [(0.8, 0), (1, 0.05), (0.01, 0.05)])
def test_power_and_alpha_are_shares(power, alpha):
    with pytest.raises(ValueError, match="alpha"):
        cases_for_mean(0.1, 0.2, power, alpha)


@pytest.mark.parametrize(("difference", "alpha"), [(1e-200, 0.05), (0.1, 1e-20)])
def test_what_takes_more_cases_than_can_be_told_is_refused(difference, alpha):
    with pytest.raises(ValueError, match="no number of cases finds a difference"):
        cases_for_mean(difference, 0.2, 0.8, alpha)
