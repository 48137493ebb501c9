import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from genops.stats import clopper_pearson_interval, proportion_interval, wilson_interval

counts = st.integers(1, 300).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


@pytest.mark.parametrize(
    ("interval", "theirs"), [(wilson_interval, "wilson"), (clopper_pearson_interval, "exact")], ids=["wilson", "exact"]
)
class TestAgainstScipy:
    @given(counts, st.sampled_from([0.8, 0.95, 0.99]))
    def test_the_bounds_are_the_same(self, interval, theirs, count, level):
        successes, n = count
        expected = stats.binomtest(successes, n).proportion_ci(level, method=theirs)
        assert interval(successes, n, level).bounds == pytest.approx((expected.low, expected.high), abs=1e-9)


def coverage(interval, n, share):
    """The exact probability that the interval of n trials holds the share."""
    held = [low <= share <= high for low, high in (interval(k, n).bounds for k in range(n + 1))]
    return float(stats.binom.pmf(np.arange(n + 1), n, share) @ held)


@pytest.mark.parametrize("n", [5, 20, 40])
def test_at_few_trials_the_interval_never_covers_less_than_it_says(n):
    assert min(coverage(proportion_interval, n, share) for share in np.linspace(0.001, 0.999, 300)) >= 0.95


def test_at_many_trials_it_covers_what_it_says_on_average():
    covered = [coverage(proportion_interval, 150, share) for share in np.linspace(0.01, 0.99, 99)]
    assert np.mean(covered) == pytest.approx(0.95, abs=0.005)


def test_it_names_its_method_level_and_size():
    few, many = proportion_interval(38, 40, 0.9), proportion_interval(95, 100)
    assert (few.method, few.level, few.n, few.estimate) == ("Clopper-Pearson", 0.9, 40, 0.95)
    assert (many.method, many.level, many.n, many.estimate) == ("Wilson score", 0.95, 100, 0.95)


def test_a_sweep_has_bounds_too():
    assert proportion_interval(10, 10).bounds == (pytest.approx(0.6915, abs=1e-4), 1.0)
    assert proportion_interval(0, 1_000).bounds == (0.0, pytest.approx(0.0038, abs=1e-4))


@pytest.mark.parametrize("interval", [wilson_interval, clopper_pearson_interval, proportion_interval])
@pytest.mark.parametrize(("successes", "n"), [(0, 0), (3, 2), (-1, 5)])
def test_what_is_no_proportion_is_refused(interval, successes, n):
    with pytest.raises(ValueError, match="trial"):
        interval(successes, n)


def test_a_level_is_a_share():
    with pytest.raises(ValueError, match="level"):
        proportion_interval(1, 2, 95)
