import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from genops.stats import bootstrap_interval, mean_interval

samples = st.lists(st.floats(-1e3, 1e3).map(lambda value: round(value, 3)), min_size=3, max_size=30).filter(
    lambda values: max(values) - min(values) > 0.1
)


def skewed(seed, n):
    return np.random.default_rng(seed).gamma(0.7, size=n)


class TestMean:
    def test_it_is_students_interval(self):
        values = skewed(0, 40)
        found = mean_interval(values, 0.9)
        expected = stats.ttest_1samp(values, 0).confidence_interval(0.9)
        assert found.bounds == pytest.approx((expected.low, expected.high))
        assert (found.estimate, found.level, found.n) == (pytest.approx(values.mean()), 0.9, 40)

    def test_normal_samples_are_covered_at_the_stated_level(self):
        """Of 2,000 intervals 95% hold the mean: 1,900, and within 3.5 standard errors (34) in this draw."""
        draws = np.random.default_rng(1).normal(3, 2, size=(2_000, 5))
        covered = sum(low <= 3 <= high for low, high in (mean_interval(draw).bounds for draw in draws))
        assert abs(covered - 1_900) <= 34


class TestBootstrap:
    @pytest.mark.parametrize("statistic", ["mean", "median", np.std])
    def test_it_is_bca_as_scipy_has_it(self, statistic):
        values = skewed(2, 60)
        reduce = {"mean": np.mean, "median": np.median}.get(statistic, statistic)
        expected = stats.bootstrap((values,), reduce, n_resamples=2_000, method="BCa", rng=7).confidence_interval
        found = bootstrap_interval(values, statistic, resamples=2_000, seed=7)
        assert found.bounds == pytest.approx((expected.low, expected.high))
        assert found.estimate == pytest.approx(reduce(values))

    def test_it_follows_the_skew_of_the_sample(self):
        found = bootstrap_interval(skewed(3, 30))
        low, high = found.bounds
        assert high - found.estimate > 1.1 * (found.estimate - low)

    def test_the_seed_decides_the_interval(self):
        values = skewed(4, 20)
        assert bootstrap_interval(values, seed=1) == bootstrap_interval(values, seed=1)
        assert bootstrap_interval(values, seed=1).bounds != bootstrap_interval(values, seed=2).bounds

    def test_memory_does_not_grow_with_the_sample(self, monkeypatch):
        values = skewed(5, 50)
        whole = bootstrap_interval(values, resamples=500)
        monkeypatch.setattr("genops.stats.interval._BLOCK", 70)
        assert bootstrap_interval(values, resamples=500).bounds == pytest.approx(whole.bounds)

    @pytest.mark.slow
    def test_it_covers_at_nearly_the_stated_level(self):
        """2,000 means of 50 normal values: 95%, less about 1% for the bootstrap; 3.5 standard errors are 1.7%."""
        draws = np.random.default_rng(6).normal(1, 1, size=(2_000, 50))
        bounds = [bootstrap_interval(draw, resamples=999, seed=seed).bounds for seed, draw in enumerate(draws)]
        covered = np.mean([low <= 1 <= high for low, high in bounds])
        assert 0.94 - 0.017 <= covered <= 0.95 + 0.017

    @given(samples, st.floats(0.1, 10), st.floats(-10, 10))
    def test_it_moves_and_grows_with_the_values(self, values, factor, shift):
        plain = bootstrap_interval(values, resamples=200).bounds
        moved = bootstrap_interval(np.asarray(values) * factor + shift, resamples=200).bounds
        assert (plain is None) == (moved is None)
        if plain is not None:
            assert moved == pytest.approx(np.asarray(plain) * factor + shift, rel=1e-3, abs=1e-3)


@pytest.mark.parametrize("interval", [mean_interval, bootstrap_interval])
class TestAny:
    @pytest.mark.parametrize(
        ("values", "reason"), [([0.5], "one value"), ([0.0] * 20, "all 20 values are equal"), ([1, 1], "all 2 values")]
    )
    def test_a_sample_without_spread_has_an_estimate_and_no_bounds(self, interval, values, reason):
        found = interval(values)
        assert (found.estimate, found.bounds, found.n) == (values[0], None, len(values))
        assert reason in found.missing

    def test_differences_that_are_equal_but_for_rounding_have_no_spread(self, interval):
        assert interval([0.6 - 0.5, 0.8 - 0.7, 0.9 - 0.8, 0.4 - 0.3]).bounds is None

    def test_a_higher_level_is_wider(self, interval):
        values = skewed(8, 25)
        widths = [high - low for low, high in (interval(values, level=level).bounds for level in (0.8, 0.95, 0.99))]
        assert widths == sorted(widths)

    @pytest.mark.parametrize("values", [[], [[1.0, 2.0]], [1.0, float("nan")], [float("inf")]])
    def test_what_is_no_sample_is_refused(self, interval, values):
        with pytest.raises(ValueError, match="sample"):
            interval(values)

    @pytest.mark.parametrize("level", [0, 1, 95])
    def test_a_level_is_a_share(self, interval, level):
        with pytest.raises(ValueError, match="level"):
            interval([1.0, 2.0], level=level)


def test_few_distinct_values_may_not_vary_enough_for_a_median():
    found = bootstrap_interval([0.0] * 30 + [1.0], "median")
    assert found.bounds is None
    assert "do not vary enough" in found.missing
