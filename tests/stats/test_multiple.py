import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.multitest import multipletests

from genops.stats import benjamini_hochberg, e_benjamini_hochberg, holm

RUNS = 2_000


class TestHolm:
    @settings(max_examples=10)  # theirs collects garbage each time
    @given(st.lists(st.floats(0, 1), min_size=1, max_size=20))
    def test_it_is_that_of_statsmodels(self, p_values):
        _, adjusted, *_ = multipletests(p_values, 0.1, method="holm")
        found = holm(p_values, 0.1)
        assert found.adjusted == pytest.approx(adjusted)
        assert found.rejected == tuple(found_p <= 0.1 for found_p in found.adjusted)

    def test_a_worked_example(self):
        found = holm([0.01, 0.04, 0.03, 0.005])
        assert found.adjusted == pytest.approx((0.03, 0.06, 0.06, 0.02))
        assert found.rejected == (True, False, False, True)
        assert (found.alpha, found.n, found.method) == (0.05, 4, "Holm, family-wise error rate")


class TestBenjaminiHochberg:
    @settings(max_examples=10)  # theirs collects garbage each time
    @given(st.lists(st.floats(0, 1), min_size=1, max_size=20))
    def test_it_is_that_of_statsmodels(self, p_values):
        found = benjamini_hochberg(p_values, 0.1)
        assert found.adjusted == pytest.approx(multipletests(p_values, 0.1, method="fdr_bh")[1])
        assert found.rejected == tuple(adjusted <= 0.1 for adjusted in found.adjusted)

    def test_a_worked_example(self):
        found = benjamini_hochberg([0.01, 0.04, 0.03, 0.005])
        assert found.adjusted == pytest.approx((0.02, 0.04, 0.04, 0.02))
        assert (found.rejected, found.method) == ((True,) * 4, "Benjamini-Hochberg, false discovery rate")

    @pytest.mark.parametrize("p", [-0.1, 1.1, float("nan")])
    def test_what_is_no_p_value_is_refused(self, p):
        with pytest.raises(ValueError, match="a p-value lies between 0 and 1"):
            benjamini_hochberg([p])


class TestEBenjaminiHochberg:
    def test_a_worked_example(self):
        """Of 4 at 0.05, the k largest are rejected for the largest k whose k-th is at least 80 / k."""
        assert e_benjamini_hochberg([1.0, 41.0, 26.0, 50.0]).rejected == (False, True, False, True)
        assert e_benjamini_hochberg([1.0, 41.0, 27.0, 50.0]).rejected == (False, True, True, True)
        assert e_benjamini_hochberg([79.0, 0.0, 0.0, 0.0]).rejected == (False,) * 4

    @given(st.lists(st.floats(0, 1e4), min_size=1, max_size=20))
    def test_it_is_benjamini_and_hochberg_of_their_inverses(self, e_values):
        p_values = [1 / max(value, 1.0) for value in e_values]
        expected = multipletests(p_values, method="fdr_bh")[1]
        found = e_benjamini_hochberg(e_values).adjusted
        assert [min(p, 1.0) for p in found] == pytest.approx(expected)

    def test_few_of_the_rejected_are_false_even_when_all_depend_on_one_another(self):
        """2,000 families of 20 correlated likelihood ratios, half of no effect: at most 5% of what is found."""
        random, shares = np.random.default_rng(1), []
        false = np.arange(20) < 10
        for _ in range(RUNS):
            z = 0.7 * random.normal() + np.sqrt(0.51) * random.normal(size=20) + np.where(false, 0, 3.5)
            rejected = np.array(e_benjamini_hochberg(np.exp(3 * z - 4.5)).rejected)
            shares.append((rejected & false).sum() / max(1, rejected.sum()))
        assert np.mean(shares) <= 0.05 + 3 * np.std(shares) / np.sqrt(RUNS)


def test_the_family_wise_error_is_kept():
    """2,000 families of 10 correlated true hypotheses: 100 with a rejection at most, and 3 standard errors (29)."""
    random = np.random.default_rng(2)
    z = 0.5 * random.normal(size=(RUNS, 1)) + np.sqrt(0.75) * random.normal(size=(RUNS, 10))
    assert sum(any(holm(p).rejected) for p in 2 * stats.norm.sf(np.abs(z))) <= 129


def test_nothing_to_correct_is_no_error():
    assert holm([]).adjusted == e_benjamini_hochberg([]).adjusted == ()


@pytest.mark.parametrize(("correct", "values"), [(holm, [1.2]), (holm, [float("nan")]), (e_benjamini_hochberg, [-1.0])])
def test_what_is_no_evidence_is_refused(correct, values):
    with pytest.raises(ValueError, match="value"):
        correct(values)


def test_alpha_is_a_share():
    with pytest.raises(ValueError, match="alpha"):
        holm([0.5], 5)
