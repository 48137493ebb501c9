import numpy as np
import pytest
from scipy import stats

from genops.stats import cluster_bootstrap_interval, quantile_interval, ratio_interval


class TestRatio:
    def test_it_is_bca_as_scipy_has_it(self):
        random = np.random.default_rng(0)
        cost, done = random.gamma(2, size=80), random.binomial(1, 0.6, 80)
        expected = stats.bootstrap(
            (cost, done), lambda c, d, axis: c.sum(axis) / d.sum(axis), paired=True, n_resamples=4_000, rng=1
        ).confidence_interval
        found = ratio_interval(cost, done, resamples=4_000)
        assert found.estimate == pytest.approx(cost.sum() / done.sum())
        assert found.bounds == pytest.approx((expected.low, expected.high), rel=0.03)
        assert (found.method, found.level, found.n, found.clusters) == ("BCa bootstrap", 0.95, 80, None)

    @pytest.mark.slow
    def test_clusters_are_covered(self):
        """600 ratios over 40 clusters of 1 to 8: 95%, less 2% for the bootstrap; 3.5 standard errors are 3.1%."""
        random, covered = np.random.default_rng(1), 0
        for seed in range(600):
            sizes = random.integers(1, 9, 40)
            clusters = np.repeat(np.arange(40), sizes)
            level = random.gamma(4, 0.5, 40)[clusters]
            cost = level * random.gamma(4, 0.25, len(clusters))
            tokens = random.gamma(4, 0.5, len(clusters))
            low, high = ratio_interval(cost, tokens, clusters, resamples=800, seed=seed).bounds
            covered += low <= 1 <= high
        assert covered / 600 >= 0.95 - 0.02 - 0.031

    def test_few_successes_leave_it_undefined(self):
        found = ratio_interval([1.0] * 10, [0.0] * 9 + [1.0])
        assert (found.estimate, found.bounds) == (10.0, None)
        assert "not defined" in found.missing

    def test_both_sums_are_of_the_same_cases(self):
        with pytest.raises(ValueError, match="2 denominators"):
            ratio_interval([1.0, 2.0], [1.0])


class TestQuantile:
    @pytest.mark.parametrize("share", [0.05, 0.5, 0.95, 1.0])
    def test_it_is_the_least_value_that_so_many_are_at_or_below(self, share):
        values = np.random.default_rng(2).normal(size=101)
        found = quantile_interval(values, share, resamples=50)
        assert found.estimate == np.quantile(values, share, method="inverted_cdf")

    def test_a_weight_counts_as_so_many_values(self):
        assert quantile_interval([1.0, 2.0, 3.0], 0.5, weights=[1, 1, 5], resamples=10).estimate == 3.0

    @pytest.mark.parametrize("share", [0.5, 0.9])
    def test_the_quantile_is_covered(self, share):
        """600 samples of 120: 95%, less 2% for the bootstrap; 3.5 standard errors are 3.1%."""
        random, truth = np.random.default_rng(3), stats.gamma.ppf(share, 2)
        bounds = [quantile_interval(random.gamma(2, size=120), share, resamples=400, seed=s).bounds for s in range(600)]
        assert np.mean([low <= truth <= high for low, high in bounds]) >= 0.95 - 0.02 - 0.031

    def test_clusters_widen_it(self):
        random = np.random.default_rng(4)
        clusters = np.repeat(np.arange(30), 10)
        values = 3 * random.normal(size=30)[clusters] + random.normal(size=300)
        alone, whole = (quantile_interval(values, 0.5, ids).bounds for ids in (None, clusters))
        assert whole[1] - whole[0] > 1.5 * (alone[1] - alone[0])

    def test_few_clusters_do_not_reach_to_a_quantile_far_out(self):
        """Of 24 clusters the largest value lies below the 95th percentile in 29% of samples, in 60 of 5%."""
        values, clusters = np.random.default_rng(5).normal(size=240), np.repeat(np.arange(24), 10)
        found = quantile_interval(values, 0.95, clusters)
        assert found.bounds is None
        assert found.missing.startswith("24 independent values in effect are too few")
        assert quantile_interval(values, 0.5, clusters).bounds is not None
        assert quantile_interval(values, 0.95).bounds is not None
        assert quantile_interval(values, 0.95, weights=[100.0] * 10 + [0.01] * 230).bounds is None

    @pytest.mark.parametrize("share", [0, 1.1, 95])
    def test_a_quantile_is_a_share(self, share):
        with pytest.raises(ValueError, match="quantile"):
            quantile_interval([1.0, 2.0], share)


class TestAny:
    def test_the_statistic_is_told_how_often_each_cluster_was_drawn(self):
        seen = []

        def size(counts):
            seen.append(counts)
            return counts.sum(axis=1)

        cluster_bootstrap_interval(size, 4, 10, 0.9, "percentile", resamples=30)
        assert all(counts.shape[1] == 4 and (counts.sum(axis=1) == 4).all() for counts in seen)

    def test_memory_does_not_grow_with_the_sample(self, monkeypatch):
        values = np.random.default_rng(5).gamma(2, size=50)
        whole = ratio_interval(values, np.ones(50), resamples=300)
        monkeypatch.setattr("genops.stats.bootstrap._BLOCK", 120)
        assert ratio_interval(values, np.ones(50), resamples=300).bounds == pytest.approx(whole.bounds)

    def test_the_seed_decides_the_interval(self):
        values = np.random.default_rng(6).gamma(2, size=50)
        found = [ratio_interval(values, np.ones(50), seed=seed) for seed in (1, 1, 2)]
        assert found[0] == found[1]
        assert found[0].bounds != found[2].bounds

    def test_one_cluster_tells_no_spread(self):
        found = quantile_interval([1.0, 2.0], 0.5, ["a", "a"])
        assert found.bounds is None
        assert "one cluster" in found.missing
