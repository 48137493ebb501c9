import itertools
from fractions import Fraction

import numpy as np
import pytest
import statsmodels.api as sm
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from genops.stats import cluster_mean_interval, cluster_permutation_test, mean_interval, paired_permutation_test
from genops.stats.clusters import satterthwaite


def clustered(random, sizes, mean=0.0):
    """Values with half of their variance between clusters."""
    codes = np.repeat(np.arange(len(sizes)), sizes)
    return mean + random.normal(size=len(sizes))[codes] + random.normal(size=len(codes)), codes


def reference(values, codes, weights, level=0.95):
    """CR2 and Satterthwaite by Bell and McCaffrey's matrices, for a regression on a constant."""
    scaled = np.sqrt(weights)
    left = np.eye(len(values)) - np.outer(scaled, scaled) / weights.sum()
    residuals = left @ (scaled * values)
    columns, squares = [], 0.0
    for code in np.unique(codes):
        own = codes == code
        roots, vectors = np.linalg.eigh(left[np.ix_(own, own)])
        adjusted = vectors @ np.diag(roots**-0.5) @ vectors.T @ scaled[own] / weights.sum()
        squares += float(adjusted @ residuals[own]) ** 2
        columns.append(left[:, own] @ adjusted)
    gram = np.column_stack(columns).T @ np.column_stack(columns)
    return squares, np.trace(gram) ** 2 / (gram**2).sum()


class TestInterval:
    def test_values_that_stand_alone_have_students_interval(self):
        values = np.random.default_rng(0).normal(size=30)
        assert cluster_mean_interval(values).bounds == pytest.approx(mean_interval(values).bounds)
        assert cluster_mean_interval(values, list(range(30))).bounds == pytest.approx(mean_interval(values).bounds)

    def test_clusters_of_one_size_are_students_interval_of_their_means(self):
        values, codes = clustered(np.random.default_rng(1), [4] * 8)
        found = cluster_mean_interval(values, codes)
        assert found.bounds == pytest.approx(mean_interval(values.reshape(8, 4).mean(axis=1)).bounds)
        assert (found.n, found.clusters, found.method) == (32, 8, "CR2 with Satterthwaite's t")

    def test_it_is_bell_and_mccaffreys_formula(self):
        random = np.random.default_rng(2)
        values, codes = clustered(random, [1, 2, 7, 3, 12])
        weights = random.uniform(0.2, 3, size=len(values))
        variance, freedom = reference(values, codes, weights)
        low, high = cluster_mean_interval(values, codes, weights).bounds
        assert (high - low) / 2 == pytest.approx(stats.t.ppf(0.975, freedom) * np.sqrt(variance))

    def test_a_cluster_that_outweighs_all_others_tells_no_spread(self):
        found = cluster_mean_interval([0.0, 1.0, 1.0], weights=[1e20, 1.0, 1.0])
        assert (found.bounds, found.missing) == (None, "one cluster tells nothing of the spread")

    @pytest.mark.parametrize("weight", [1e3, 1e6, 1e9, 1e12])
    def test_one_that_outweighs_nearly_all_others_has_one_degree_of_freedom(self, weight):
        shares = np.array([weight, 1.0, 1.0]) / (weight + 2)
        odds = [Fraction(share) ** 2 / (1 - Fraction(share)) for share in shares]
        products = 2 * sum(first * second for first, second in itertools.combinations(odds, 2))
        exact = 1 / (sum(Fraction(share) ** 2 for share in shares) + products)
        assert satterthwaite(shares) == pytest.approx(float(exact))
        assert satterthwaite(shares) == pytest.approx(1, abs=10 / weight)

    def test_with_many_clusters_it_is_the_sandwich_of_statsmodels(self):
        random = np.random.default_rng(3)
        values, codes = clustered(random, random.integers(1, 6, size=2_000))
        weights = random.uniform(0.5, 2, size=len(values))
        fit = sm.WLS(values, np.ones(len(values)), weights=weights).fit(cov_type="cluster", cov_kwds={"groups": codes})
        found = cluster_mean_interval(values, codes, weights)
        assert found.estimate == pytest.approx(fit.params[0])
        assert found.bounds == pytest.approx(tuple(fit.conf_int()[0]), rel=2e-2)

    def test_a_cluster_may_have_any_name(self):
        values = [1.0, 2.0, 4.0, 3.0]
        named = cluster_mean_interval(values, ["a", ("b", 2), "a", None])
        assert named == cluster_mean_interval(values, [0, 1, 0, 2])

    @pytest.mark.parametrize("sizes", [[5] * 6, [1, 1, 2, 3, 5, 8, 13, 2, 1, 4], [30, 10, 10, 5, 5, 5, 5, 2, 2, 2]])
    def test_few_and_unequal_clusters_are_covered(self, sizes):
        """Of 4,000 intervals at 95%; treating the values as independent would cover 60 to 75%.

        Equal clusters: exact but for Monte Carlo (3.5 standard errors are 1.2%). Very unequal ones may lose 3% more.
        """
        random = np.random.default_rng(4)
        draws = [clustered(random, sizes, mean=1.0) for _ in range(4_000)]
        covered = np.mean([low <= 1 <= high for low, high in (cluster_mean_interval(*draw).bounds for draw in draws)])
        assert covered >= 0.95 - 0.012 - (0 if len(set(sizes)) == 1 else 0.03)

    @pytest.mark.parametrize(
        ("values", "clusters", "reason"),
        [([0.1, 0.5], ["a", "a"], "one cluster"), ([1.0, 1.0, 1.0], ["a", "b", "b"], "all 2 clusters are equal")],
    )
    def test_what_tells_no_spread_has_no_bounds(self, values, clusters, reason):
        found = cluster_mean_interval(values, clusters)
        assert found.bounds is None
        assert reason in found.missing

    @pytest.mark.parametrize("value", [0.1, 0.7, -0.3, 1e-5, 1e6])
    def test_rounding_is_no_spread(self, value):
        weights = np.linspace(1, 2, 30)
        assert cluster_mean_interval([value] * 30, np.arange(30) // 2).bounds is None
        assert cluster_mean_interval([value] * 30, np.arange(30) // 4, weights).bounds is None


class TestPermutation:
    def test_whole_clusters_are_flipped(self):
        differences, clusters = np.array([0.3, 0.1, 0.2, -0.1, 0.4]), ["a", "a", "b", "b", "c"]
        totals = [0.4, 0.1, 0.4]
        flips = [abs(np.dot(signs, totals)) for signs in itertools.product([-1, 1], repeat=3)]
        found = cluster_permutation_test(differences, clusters)
        assert found.p == np.mean(np.array(flips) >= sum(totals) - 1e-9)
        assert (found.n, found.clusters, found.exact, found.permutations) == (5, 3, True, 8)

    def test_pairs_that_stand_alone_are_the_plain_test(self):
        differences = np.random.default_rng(5).normal(0.2, size=40)
        assert cluster_permutation_test(differences, seed=3).p == paired_permutation_test(differences, seed=3).p

    @given(st.lists(st.integers(-4, 4), min_size=2, max_size=8))
    def test_a_weight_counts_as_so_many_pairs_of_a_cluster(self, values):
        clusters = list(range(len(values)))
        weighted = cluster_permutation_test(values, clusters, [2.0] * len(values))
        assert weighted.p == cluster_permutation_test(values * 2, clusters * 2).p

    def test_the_level_is_kept_where_the_plain_test_loses_it(self):
        """Of 2,000 tests under no difference 5% reject: 100, and within 3.5 standard errors (35)."""
        random = np.random.default_rng(6)
        draws = [clustered(random, [6] * 12) for _ in range(2_000)]
        kept = sum(cluster_permutation_test(*draw, resamples=199).p <= 0.05 for draw in draws)
        lost = sum(paired_permutation_test(values, resamples=199).p <= 0.05 for values, _ in draws[:500])
        assert abs(kept - 100) <= 35
        assert lost >= 75


@pytest.mark.parametrize("statistic", [cluster_mean_interval, cluster_permutation_test])
@pytest.mark.parametrize(
    ("clusters", "weights", "complaint"),
    [
        (["a"], None, "2 clusters"),
        (None, [1.0], "2 weights"),
        (None, [1.0, 0.0], "above zero"),
        (None, [1.0, float("nan")], "above zero"),
    ],
)
def test_what_does_not_fit_is_refused(statistic, clusters, weights, complaint):
    with pytest.raises(ValueError, match=complaint):
        statistic([0.5, 1.0], clusters, weights)
