import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.contingency_tables import mcnemar

from genops.stats import mcnemar_test


def of(both, only_first, only_second, neither):
    first = np.repeat([True, True, False, False], [both, only_first, only_second, neither])
    second = np.repeat([True, False, True, False], [both, only_first, only_second, neither])
    return mcnemar_test(first, second)


@given(st.tuples(*[st.integers(0, 60)] * 4).filter(any))
def test_it_is_the_exact_test_of_statsmodels(counts):
    both, only_first, only_second, neither = counts
    found = of(*counts)
    assert found.p == pytest.approx(mcnemar([[both, only_first], [only_second, neither]], exact=True).pvalue)
    assert (found.both, found.only_first, found.only_second, found.neither, found.n) == (*counts, sum(counts))


@given(st.integers(0, 60), st.integers(0, 60))
def test_the_mid_p_counts_half_of_what_was_observed(only_first, only_second):
    found = of(1, only_first, only_second, 1)
    fewer, differing = min(only_first, only_second), only_first + only_second
    expected = 1.0 if only_first == only_second else found.p - stats.binom.pmf(fewer, differing, 0.5)
    assert found.mid_p == pytest.approx(expected)


def test_the_airway_example_of_fagerland():
    """Bentur et al. (2009), table 1 of Fagerland, Lydersen and Laake (2013): 1 and 7 differ; p 0.070, mid-p 0.039."""
    found = of(1, 1, 7, 12)
    assert (round(found.p, 3), round(found.mid_p, 3), found.method) == (0.070, 0.039, "exact McNemar")


def test_many_cases_are_no_trouble():
    assert of(10, 60_000, 61_000, 10).p == pytest.approx(stats.binomtest(60_000, 121_000).pvalue)


@pytest.mark.parametrize(("first", "second"), [([], []), ([True], [True, False])])
def test_what_cannot_be_compared_is_refused(first, second):
    with pytest.raises(ValueError, match="same cases"):
        mcnemar_test(first, second)
