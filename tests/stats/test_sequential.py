"""The gate's test: false verdicts stay below alpha however often one looks, and clear cases stop early.

False verdicts are counted in 2,000 runs that are looked at after every value. At alpha = 0.05 at most 100 are expected;
with 3 standard errors of Monte Carlo (29) a sound test has at most 129.
"""

import json
from functools import partial

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from genops.stats import FiniteDataset, Population, SequentialTest, clopper_pearson_interval, draw_order
from genops.stats.betting import Units

ALPHA = 0.05
RUNS = 2_000
MOST_FALSE = 129

shares = st.floats(0, 1).map(lambda value: round(value, 3))


def ever(test):
    """Whether the test was ever certain, one way and the other: its p-values are of the largest capital there was."""
    found = test.result()
    return np.array([found.p_at_least <= ALPHA, found.p_below <= ALPHA])


def stopped(test, values, weights=None, batch=10):
    """Look after every batch and stop when certain: the result, and how many units were used."""
    for start in range(0, len(values), batch):
        own = None if weights is None else weights[start : start + batch]
        test.update(values[start : start + batch], weights=own)
        if test.result().verdict != "undecided":
            break
    return test.result()


def stopped_at_the_first(test, values):
    """Look after every value and stop when certain: the verdict, and how many values were used.

    What arithmetic alone decides comes after the capital has.
    """
    for start in range(0, len(values), 250):
        course = test.course(Units.checked(values[start : start + 250], None, None, test.ends))
        certain = course.now >= -np.log(test.alpha)
        if certain.any():
            place = int(certain.any(axis=0).argmax())
            return "at least" if certain[0, place] else "below", start + place + 1
        test.follow(course)
    return test.result().verdict, len(values)


POPULATIONS = {
    "pass or fail": (0.9, lambda random, n: random.binomial(1, 0.9, n).astype(float)),
    "almost always pass": (0.99, lambda random, n: random.binomial(1, 0.99, n).astype(float)),
    "skewed scores": (0.8, lambda random, n: random.beta(4, 1, n)),
    "scores near the bound": (0.5, lambda random, n: random.beta(50, 50, n)),
    "grades": (0.6, lambda random, n: random.choice([0, 0.25, 0.5, 1.0], p=[0.2, 0.1, 0.25, 0.45], size=n)),
}


@pytest.mark.parametrize("name", POPULATIONS)
class TestFalseVerdicts:
    """The mean is exactly at the bound, so neither gambler may win more often than alpha."""

    def test_of_a_population(self, name):
        bound, draw = POPULATIONS[name]
        random, false = np.random.default_rng(1), np.zeros(2)
        for _ in range(RUNS):
            test = SequentialTest(bound, Population(), ALPHA)
            test.update(draw(random, 600))
            false += ever(test)
        assert false.max() <= MOST_FALSE

    def test_of_a_finite_dataset(self, name):
        """The same 400 values in another order each run, with the bound at their mean and by a hair above it."""
        _, draw = POPULATIONS[name]
        random, false = np.random.default_rng(2), np.zeros(2)
        values = draw(random, 400)
        for seed in range(RUNS):
            order = draw_order(np.ones(400), seed)
            low, high = (
                SequentialTest(values.mean(), FiniteDataset(400)),
                SequentialTest(values.mean() + 1e-6, FiniteDataset(400)),
            )
            for test in (low, high):
                test.update(values[order])
            false += [ever(high)[0], ever(low)[1]]
        assert false.max() <= MOST_FALSE


class TestFalseVerdictsOfClusters:
    """Clusters of unequal size whose mean goes with their size, seen whole."""

    SIZES = np.repeat([1, 2, 4, 12], [90, 60, 30, 20])

    def test_of_a_finite_dataset(self):
        random, false = np.random.default_rng(3), np.zeros(2)
        means = np.clip(random.normal(0.4 + self.SIZES / 25, 0.2), 0, 1)
        total = float(self.SIZES.sum())
        truth = float(means @ self.SIZES) / total
        for seed in range(RUNS):
            order = draw_order(self.SIZES, seed)
            at, above = (SequentialTest(truth + gap, FiniteDataset(total)) for gap in (0, 1e-6))
            for test in (at, above):
                test.update(means[order], weights=self.SIZES[order])
            false += [ever(above)[0], ever(at)[1]]
        assert false.max() <= MOST_FALSE

    def test_an_order_that_is_blind_to_weights_would_not_do(self):
        random, false = np.random.default_rng(4), np.zeros(2)
        means = np.clip(0.4 + self.SIZES / 25, 0, 1)
        total = float(self.SIZES.sum())
        for _ in range(300):
            order = random.permutation(len(means))
            test = SequentialTest(float(means @ self.SIZES) / total, FiniteDataset(total))
            test.update(means[order], weights=self.SIZES[order])
            false += ever(test)
        assert false[1] / 300 > 2 * ALPHA

    def test_of_a_population_of_clusters(self):
        random, false = np.random.default_rng(5), np.zeros(2)
        chance = 0.4 + self.SIZES / 25
        truth = float(chance @ self.SIZES) / self.SIZES.sum()
        for _ in range(RUNS):
            drawn = random.integers(len(self.SIZES), size=400)
            means = random.binomial(self.SIZES[drawn], np.minimum(chance[drawn], 1)) / self.SIZES[drawn]
            test = SequentialTest(truth, Population(largest_weight=12))
            test.update(means, weights=self.SIZES[drawn])
            false += ever(test)
        assert false.max() <= MOST_FALSE


@pytest.mark.slow
def test_ten_runs_that_continue_one_process_are_one_test():
    """Ten runs of 50 new cases at the bound, stored in between, and looked at after every 10 of them."""
    random = np.random.default_rng(6)
    false = 0
    for _ in range(500):
        state = SequentialTest(0.8, Population()).state()
        for _ in range(10):
            test = SequentialTest.from_state(json.loads(json.dumps(state)))
            found = stopped(test, random.binomial(1, 0.8, 50).astype(float))
            state = test.state()
            if found.verdict != "undecided":
                false += 1
                break
    assert false / 500 <= 2 * ALPHA + 3 * np.sqrt(0.1 * 0.9 / 500)


def binomial_n(share, bound, power):
    """Cases that the exact binomial test needs, one-sided at alpha."""
    n = np.arange(1, 1_000)
    if share < bound:
        return binomial_n(1 - share, 1 - bound, power)
    most = stats.binom.isf(ALPHA, n, bound)
    return int(n[np.argmax(stats.binom.sf(most, n, share) >= power)])


def z_n(share_lost, share_won, bound, power):
    """Pairs that the z-test of a mean difference needs, one-sided at alpha."""
    mean = share_won - share_lost
    variance = share_won + share_lost - mean**2
    return (stats.norm.ppf(1 - ALPHA) + stats.norm.ppf(power)) ** 2 * variance / (mean - bound) ** 2


def passing(share):
    return lambda random, n: random.binomial(1, share, n)


def flipping(lost, won):
    return lambda random, n: random.choice([-1, 0, 1], p=[lost, 1 - lost - won, won], size=n)


SCENARIOS = {
    "80% pass, 90% are wanted": ("below", 0.9, (0, 1), passing(0.8), partial(binomial_n, 0.8, 0.9)),
    "96% pass, 90% are wanted": ("at least", 0.9, (0, 1), passing(0.96), partial(binomial_n, 0.96, 0.9)),
    "10 points worse, 2 are allowed": ("below", -0.02, (-1, 1), flipping(0.15, 0.05), partial(z_n, 0.15, 0.05, -0.02)),
    "10 points better": ("at least", -0.02, (-1, 1), flipping(0.05, 0.15), partial(z_n, 0.05, 0.15, -0.02)),
    "as good, 5 points are allowed": (
        "at least",
        -0.05,
        (-1, 1),
        flipping(0.04, 0.04),
        partial(z_n, 0.04, 0.04, -0.05),
    ),
}


@pytest.mark.parametrize("name", SCENARIOS)
def test_all_looks_at_once_stop_where_one_look_after_the_other_does(name):
    _, bound, ends, draw, _ = SCENARIOS[name]
    random = np.random.default_rng(10)
    for claim in (Population(), FiniteDataset(2_000)):
        values = draw(random, 2_000)
        found = stopped(SequentialTest(bound, claim, ALPHA, ends), values, batch=1)
        assert stopped_at_the_first(SequentialTest(bound, claim, ALPHA, ends), values) == (found.verdict, found.n)


@pytest.mark.slow
@pytest.mark.parametrize("name", SCENARIOS)
@pytest.mark.parametrize("claim", [Population(), FiniteDataset(2_000)], ids=["population", "dataset"])
def test_clear_cases_stop_at_less_than_40_percent_of_the_fixed_test(name, claim):
    """The gate may use 2,000 cases; its power is what 2,000 runs show at 95% confidence (0.997 or more).

    The fixed test has the same alpha and that power at the same difference, which it must know beforehand.
    """
    verdict, bound, ends, draw, fixed = SCENARIOS[name]
    random = np.random.default_rng(7)
    found = [stopped_at_the_first(SequentialTest(bound, claim, ALPHA, ends), draw(random, 2_000)) for _ in range(RUNS)]
    right = sum(told == verdict for told, _ in found)
    power = clopper_pearson_interval(right, RUNS, 0.9).bounds[0]
    assert power >= 0.996
    assert np.median([n for _, n in found]) <= 0.4 * fixed(power)


class TestFiniteDataset:
    @given(st.lists(shares, min_size=1, max_size=40), st.floats(0.01, 1).map(lambda value: round(value, 3)))
    def test_when_all_are_seen_the_verdict_is_the_truth(self, values, bound):
        test = SequentialTest(bound, FiniteDataset(len(values)))
        test.update(values)
        truth = "at least" if np.mean(values) >= bound - 1e-9 else "below"
        assert (test.result().verdict, test.result().exact) == (truth, True)

    def test_it_is_settled_as_soon_as_the_rest_cannot_change_it(self):
        test = SequentialTest(0.5, FiniteDataset(10), alpha=1e-6)
        test.update([1.0, 1.0, 1.0, 1.0])
        assert test.result().verdict == "undecided"
        test.update([1.0])
        assert (test.result().verdict, test.result().exact, test.result().n) == ("at least", True, 5)

    def test_a_mean_at_the_bound_is_at_least_the_bound_in_spite_of_rounding(self):
        test = SequentialTest(-0.02, FiniteDataset(50), ends=(-1, 1))
        test.update([-0.1] * 10 + [0.0] * 40)
        assert test.result().verdict == "at least"

    def test_more_than_the_dataset_is_refused_and_changes_nothing(self):
        test = SequentialTest(0.5, FiniteDataset(3))
        test.update([1.0, 0.0])
        before = test.state()
        with pytest.raises(ValueError, match="whole dataset 3"):
            test.update([1.0, 0.0])
        assert test.state() == before


class TestUnknownValues:
    @given(
        st.lists(st.one_of(st.none(), shares), min_size=1, max_size=30),
        st.lists(shares, min_size=30, max_size=30),
        st.sampled_from([0.1, 0.5, 0.9]),
        st.sampled_from([Population(), FiniteDataset(40)]),
    )
    def test_what_is_certain_holds_whatever_they_would_have_been(self, values, fills, bound, claim):
        low = [0.0 if value is None else value for value in values]
        high = [1.0 if value is None else value for value in values]
        filled = [fill if value is None else value for value, fill in zip(values, fills, strict=False)]
        bounded, known = SequentialTest(bound, claim, alpha=0.5), SequentialTest(bound, claim, alpha=0.5)
        bounded.update(low, high)
        known.update(filled)
        assert bounded.result().p_at_least >= known.result().p_at_least * (1 - 1e-9)
        assert bounded.result().p_below >= known.result().p_below * (1 - 1e-9)

    def test_they_can_keep_a_verdict_open_to_the_end(self):
        test = SequentialTest(0.9, FiniteDataset(100))
        order = draw_order(np.ones(100), 1)
        low, high = np.repeat([1.0, 0.0, 0.0], [85, 10, 5]), np.repeat([1.0, 1.0, 0.0], [85, 10, 5])
        test.update(low[order], high[order])
        assert (test.result().verdict, test.result().exact) == ("undecided", False)


class TestContinuing:
    claims = st.sampled_from([Population(largest_weight=3), FiniteDataset(200)])
    batches = st.lists(st.lists(st.tuples(shares, st.sampled_from([0.5, 1, 3])), max_size=9), max_size=6)

    @settings(max_examples=200)
    @given(batches, claims, st.floats(0.01, 1))
    def test_it_is_the_same_as_never_having_stopped_to_the_last_bit(self, batches, claim, bound):
        whole, stored = SequentialTest(bound, claim), SequentialTest(bound, claim)
        for batch in batches:
            values, weights = [value for value, _ in batch], [weight for _, weight in batch]
            whole.update(values, weights=weights)
            stored = SequentialTest.from_state(json.loads(json.dumps(stored.state())))
            stored.update(values, weights=weights)
        assert stored.state() == whole.state()
        assert stored.result() == whole.result()

    @given(batches, claims)
    def test_batches_do_not_matter_to_the_last_bit(self, batches, claim):
        by_batch, at_once = SequentialTest(0.6, claim), SequentialTest(0.6, claim)
        for batch in batches:
            by_batch.update([value for value, _ in batch], weights=[weight for _, weight in batch])
        units = [unit for batch in batches for unit in batch]
        at_once.update([value for value, _ in units], weights=[weight for _, weight in units])
        assert by_batch.state() == at_once.state()


def test_the_capital_is_an_e_value():
    """Its mean over runs at the bound is 1: 4,000 runs of 20 values."""
    capitals = []
    for draw in np.random.default_rng(8).binomial(1, 0.6, size=(4_000, 20)):
        test = SequentialTest(0.6, Population())
        test.update(draw)
        capitals.append((test.result().e_at_least, test.result().e_below))
    error = np.std(capitals, axis=0) / np.sqrt(len(capitals))
    assert (np.abs(np.mean(capitals, axis=0) - 1) <= 4 * error).all()


def test_ends_and_bound_may_be_on_any_scale():
    random = np.random.default_rng(9)
    scores = random.uniform(size=50)
    plain, scaled = SequentialTest(0.25, Population()), SequentialTest(-0.5, Population(), ends=(-1, 1))
    plain.update(scores)
    scaled.update(2 * scores - 1)
    assert scaled.result().e_at_least == pytest.approx(plain.result().e_at_least)
    assert scaled.result().e_below == pytest.approx(plain.result().e_below)


def test_a_single_miss_refutes_a_mean_of_one():
    test = SequentialTest(1.0, Population())
    test.update([1.0] * 500)
    assert test.result().verdict == "undecided"
    test.update([0.5])
    assert (test.result().verdict, test.result().exact) == ("below", True)


def test_it_says_what_it_is():
    test = SequentialTest(0.9, FiniteDataset(30), alpha=0.1)
    test.update([1.0, 0.5], weights=[2.0, 1.0])
    found = test.result()
    assert (found.bound, found.alpha, found.n, found.weight) == (0.9, 0.1, 2, 3.0)
    assert "Waudby-Smith" in found.method


@pytest.mark.parametrize(
    ("make", "complaint"),
    [
        (partial(SequentialTest, 0.0, Population()), "against 0.0"),
        (partial(SequentialTest, 1.2, Population()), "against 1.2"),
        (partial(SequentialTest, 0.5, Population(), 0.0), "alpha"),
    ],
)
def test_a_test_that_cannot_be_is_refused(make, complaint):
    with pytest.raises(ValueError, match=complaint):
        make()


@pytest.mark.parametrize(
    ("low", "high", "weights", "complaint"),
    [
        ([1.1], None, None, "between 0"),
        ([float("nan")], None, None, "between 0"),
        ([0.5], [0.4], None, "between 0"),
        ([0.5], [0.6, 0.7], None, "one value and one weight"),
        ([0.5], None, [0.0], "above zero"),
        ([0.5], None, [1.5], "largest 1"),
    ],
)
def test_what_is_no_unit_is_refused(low, high, weights, complaint):
    with pytest.raises(ValueError, match=complaint):
        SequentialTest(0.5, Population()).update(low, high, weights)
