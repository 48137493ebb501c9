import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.stats.inter_rater import cohens_kappa

from genops.stats import cohen_kappa, confusion_table, gwet_ac1, krippendorff_alpha, proportion_interval, raw_agreement

grades = st.lists(st.tuples(st.integers(1, 4), st.integers(1, 4)), min_size=6, max_size=40).filter(
    lambda pairs: len({left for left, _ in pairs} | {right for _, right in pairs}) > 1
)


KRIPPENDORFF = [
    [1, 1, None, 1], [2, 2, 3, 2], [3, 3, 3, 3], [3, 3, 3, 3], [2, 2, 2, 2], [1, 2, 3, 4],
    [4, 4, 4, 4], [1, 1, 2, 1], [2, 2, 2, 2], [None, 5, 5, 5], [None, None, 1, 1], [None, 3, None, None],
]  # fmt: skip


def raters(*table):
    """The ratings of two raters whose confusion table this is."""
    cells = [(i, j) for i, row in enumerate(table) for j, count in enumerate(row) for _ in range(count)]
    return [i for i, _ in cells], [j for _, j in cells]


def noisy(random, n, agree=0.8, clusters=None):
    """Two raters of two categories who agree so often; cases of one cluster are alike."""
    truth = random.binomial(1, 0.5, n) if clusters is None else random.binomial(1, 0.5, n)[clusters]
    other = np.where(random.uniform(size=len(truth)) < agree, truth, 1 - truth)
    return truth.tolist(), other.tolist()


class TestTable:
    def test_it_counts_pairs_of_categories(self):
        table = confusion_table(["good", "bad", "good", "good"], ["good", "good", "bad", "good"])
        assert table.categories == ("bad", "good")
        assert (table.counts, table.n) == (((0, 1), (1, 2)), 4)

    def test_categories_may_be_given_in_their_order(self):
        table = confusion_table(["bad"], ["good"], ["good", "fair", "bad"])
        assert table.counts == ((0, 0, 0), (0, 0, 0), (1, 0, 0))


class TestRaw:
    def test_it_is_a_proportion(self):
        first, second = raters([30, 5], [10, 55])
        assert raw_agreement(first, second) == proportion_interval(85, 100)

    def test_clusters_are_kept_whole(self):
        found = raw_agreement([1, 1, 0, 0], [1, 0, 0, 0], ["a", "a", "b", "c"])
        assert (found.estimate, found.clusters) == (0.75, 3)

    def test_clusters_that_all_agree_tell_as_much_as_one_case_each(self):
        pairs = ["x", "y"] * 10
        found = raw_agreement(pairs, pairs, [n // 2 for n in range(20)])
        assert found.bounds == pytest.approx(proportion_interval(10, 10).bounds)

    def test_it_never_leaves_0_and_1(self):
        found = raw_agreement(["x"] * 24, ["x"] * 23 + ["y"], [n // 2 for n in range(24)])
        assert 0 < found.bounds[0] < found.estimate < found.bounds[1] < 1


class TestKappa:
    def test_cohens_own_example(self):
        """Cohen (1960), table 1, for 200 cases: kappa 0.492."""
        first, second = raters([88, 14, 18], [10, 40, 10], [2, 6, 12])
        assert round(cohen_kappa(first, second, resamples=50).estimate, 3) == 0.492

    @pytest.mark.parametrize("weighting", ["nominal", "linear", "quadratic"])
    @given(pairs=grades)
    def test_it_is_that_of_statsmodels(self, weighting, pairs):
        first, second = zip(*pairs, strict=True)
        table = confusion_table(first, second, [1, 2, 3, 4]).counts
        expected = cohens_kappa(table, wt=None if weighting == "nominal" else weighting, return_results=False)
        found = cohen_kappa(first, second, weighting, [1, 2, 3, 4], resamples=10)
        assert found.estimate == pytest.approx(expected, nan_ok=True)

    def test_its_interval_is_near_that_of_statsmodels_in_a_large_sample(self):
        table = [[400, 60, 10], [50, 300, 40], [20, 30, 90]]
        expected = cohens_kappa(table)
        found = cohen_kappa(*raters(*table))
        assert found.bounds == pytest.approx((expected.kappa_low, expected.kappa_upp), abs=0.006)
        assert found.method == "Cohen's kappa, expanded BCa bootstrap"


class TestAC1:
    def test_gwets_own_example(self):
        """Gwet (2002): 118, 5, 2 and 0 of 125 cases: AC1 0.94 where kappa is below zero."""
        first, second = raters([118, 5], [2, 0])
        assert round(gwet_ac1(first, second, resamples=50).estimate, 4) == 0.9408
        assert round(cohen_kappa(first, second, resamples=50).estimate, 3) == -0.023

    def test_raters_of_one_category_agree(self):
        assert gwet_ac1([1, 1, 1], [1, 1, 1]).estimate == 1
        assert np.isnan(cohen_kappa([1, 1, 1], [1, 1, 1]).estimate)


class TestAlpha:
    @pytest.mark.parametrize(("metric", "alpha"), [("nominal", 0.743), ("ordinal", 0.815), ("interval", 0.849)])
    def test_krippendorffs_own_example(self, metric, alpha):
        """Krippendorff (2011), section C: four observers, twelve units, missing data."""
        found = krippendorff_alpha(KRIPPENDORFF, metric, resamples=100)
        assert round(found.estimate, 3) == alpha
        assert (found.n, found.method) == (12, f"Krippendorff's alpha, {metric}, expanded BCa bootstrap")

    def test_two_observers_of_two_categories(self):
        """Krippendorff (2011), section A: ten units, 0.095."""
        first, second = [0, 1, 0, 0, 0, 0, 0, 0, 1, 0], [1, 1, 1, 0, 0, 1, 0, 0, 0, 0]
        found = krippendorff_alpha(list(zip(first, second, strict=True)), resamples=50)
        assert round(found.estimate, 3) == 0.095

    def test_names_have_no_order_that_a_metric_could_use(self):
        with pytest.raises(ValueError, match="interval metric"):
            krippendorff_alpha([["good", "bad"], ["good", "good"]], "interval")

    def test_single_ratings_say_nothing(self):
        with pytest.raises(ValueError, match="at least two ratings"):
            krippendorff_alpha([[1, None], [None, 2]])


def alpha_of_two(first, second, **settings):
    return krippendorff_alpha(list(zip(first, second, strict=True)), **settings)


@pytest.mark.parametrize("coefficient", [cohen_kappa, gwet_ac1, alpha_of_two], ids=["kappa", "AC1", "alpha"])
class TestIntervals:
    def test_they_cover(self, coefficient):
        """400 samples of 60 cases, 80% of which agree (0.6): 95%, less 2% for the bootstrap and 3.8% of chance."""
        random = np.random.default_rng(0)
        bounds = [coefficient(*noisy(random, 60), resamples=300, seed=seed).bounds for seed in range(400)]
        assert np.mean([low <= 0.6 <= high for low, high in bounds]) >= 0.95 - 0.02 - 0.038

    def test_clusters_are_kept_whole(self, coefficient):
        """Ten copies of each of 40 cases tell no more than the 40."""
        random = np.random.default_rng(1)
        first, second = noisy(random, 40)
        once = coefficient(first, second).bounds
        copied = coefficient(first * 10, second * 10, clusters=list(range(40)) * 10)
        assert copied.bounds == pytest.approx(once, abs=0.02)
        assert (copied.n, copied.clusters) == (400, 40)
        alone = coefficient(first * 10, second * 10).bounds
        assert alone[1] - alone[0] < 0.5 * (once[1] - once[0])

    def test_perfect_agreement_has_no_bounds(self, coefficient):
        found = coefficient([0, 1, 0, 1] * 5, [0, 1, 0, 1] * 5)
        assert (found.estimate, found.bounds) == (1, None)


@pytest.mark.parametrize("coefficient", [confusion_table, raw_agreement, cohen_kappa, gwet_ac1])
def test_raters_rate_the_same_cases(coefficient):
    for pair in ([], []), ([1], [1, 2]):
        with pytest.raises(ValueError, match="same cases"):
            coefficient(*pair)


def test_a_rating_of_no_category_is_refused():
    with pytest.raises(ValueError, match="'maybe' is none of the categories 'yes', 'no'"):
        cohen_kappa(["yes", "maybe"], ["no", "yes"], categories=["yes", "no"])

    def test_few_clusters_are_covered(self, coefficient):
        """200 samples of 8 unlike clusters of 20: 95%, less 3% for the bootstrap and 4.2% of chance."""
        random, where = np.random.default_rng(2), np.repeat(np.arange(8), 20)
        held = []
        for seed in range(200):
            agree = random.beta(4, 1, 8)[where]
            first = random.binomial(1, 0.5, 160)
            second = np.where(random.uniform(size=160) < agree, first, 1 - first)
            found = coefficient(first.tolist(), second.tolist(), clusters=where.tolist(), resamples=500, seed=seed)
            held.append(found.bounds[0] <= 0.6 <= found.bounds[1])
        assert np.mean(held) >= 0.95 - 0.03 - 0.042

    def test_four_clusters_are_too_few(self, coefficient):
        found = coefficient(*noisy(np.random.default_rng(3), 80), clusters=[number % 4 for number in range(80)])
        assert (found.bounds, found.level) == (None, 0.95)
        assert found.missing == "fewer than five clusters tell too little of the spread"
