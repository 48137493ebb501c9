import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from genops.stats import ConfidenceSequence, FiniteDataset, Population, SequentialTest, draw_order, mean_interval
from genops.stats.betting import Bets, Units

shares = st.floats(0, 1).map(lambda value: round(value, 3))


def of(values, claim, level=0.95, ends=(0.0, 1.0)):
    sequence = ConfidenceSequence(claim, level, ends)
    sequence.update(values)
    return sequence


def covers(sequence, mean):
    bounds = sequence.interval().bounds
    return bounds is not None and bounds[0] - 1e-6 <= mean <= bounds[1] + 1e-6


@pytest.mark.slow
@pytest.mark.parametrize("claim", [Population(), FiniteDataset(400)], ids=["population", "dataset"])
@pytest.mark.parametrize("share", [0.5, 0.95])
def test_it_holds_the_mean_at_all_times_at_once(claim, share):
    """Of 2,000 sequences at 95%, looked at after every value, at most 100 ever miss, plus 3 standard errors (29).

    The interval is the running intersection, so that one miss at any time is a miss at the end.
    """
    random = np.random.default_rng(1)
    dataset = random.binomial(1, share, 400)
    missed = 0
    for seed in range(2_000):
        if isinstance(claim, FiniteDataset):
            values, mean = dataset[draw_order(np.ones(400), seed)][:399], dataset.mean()
        else:
            values, mean = random.binomial(1, share, 400), share
        missed += not covers(of(values, claim), mean)
    assert missed <= 129


def test_it_narrows_to_the_mean_of_a_dataset_that_was_seen_whole():
    values = np.random.default_rng(2).uniform(size=60)
    found = of(values, FiniteDataset(60)).interval()
    assert found.bounds == pytest.approx((values.mean(), values.mean()))
    assert (found.estimate, found.level, found.n) == (pytest.approx(values.mean()), 0.95, 60)
    assert "Waudby-Smith" in found.method


@pytest.mark.parametrize("n", [1, 5, 11, 15, 49])
def test_rounding_takes_no_interval_from_a_dataset_that_was_seen_whole(n):
    random = np.random.default_rng(n)
    for passed in range(n + 1):
        weights = 10 ** random.uniform(-3, 3, n)
        for weight in (np.ones(n), weights):
            sequence = ConfidenceSequence(FiniteDataset(float(weight.sum())))
            sequence.update(np.arange(n) < passed, weights=weight)
            mean = np.average(np.arange(n) < passed, weights=weight)
            low, high = sequence.interval().bounds
            assert 0 <= low <= high <= 1
            assert (low, high) == pytest.approx((mean, mean))


def test_it_only_narrows():
    random = np.random.default_rng(3)
    sequence = ConfidenceSequence(Population())
    low, high = 0.0, 1.0
    for _ in range(20):
        sequence.update(random.beta(2, 1, 10))
        least, most = sequence.interval().bounds
        assert low <= least <= most <= high
        low, high = least, most


def test_at_any_time_it_is_not_much_wider_than_the_interval_for_one_time():
    """For scores of a moderate spread, at 500 values: at most 1.8 times Student's."""
    values = np.random.default_rng(4).beta(8, 2, 500)
    widths = [high - low for low, high in (of(values, Population()).interval().bounds, mean_interval(values).bounds)]
    assert widths[0] <= 1.8 * widths[1]


@given(st.lists(shares, min_size=1, max_size=40), st.sampled_from([Population(), FiniteDataset(50)]))
def test_its_ends_are_where_the_test_begins_to_reject(values, claim):
    low, high = of(values, claim, level=0.9).interval().bounds
    for bound, verdict in ((low - 1e-5, "at least"), (high + 1e-5, "below")):
        if 0 < bound <= 1:
            test = SequentialTest(bound, claim, alpha=0.05)
            test.update(values)
            assert test.result().verdict == verdict
    if high - low > 1e-4:
        test = SequentialTest((low + high) / 2, claim, alpha=0.05)
        test.update(values)
        assert test.result().verdict == "undecided"


@given(st.lists(st.tuples(shares, shares).map(sorted), min_size=1, max_size=30), st.randoms())
def test_unknown_values_widen_it_to_hold_whatever_they_are(bounds, random):
    sequence = ConfidenceSequence(FiniteDataset(40))
    sequence.update([low for low, _ in bounds], [high for _, high in bounds])
    known = of([random.uniform(low, high) for low, high in bounds], FiniteDataset(40))
    least, most = sequence.interval().bounds
    inner = known.interval().bounds
    assert least <= inner[0] + 1e-6
    assert most >= inner[1] - 1e-6


def test_a_stored_one_continues_to_the_last_bit():
    random = np.random.default_rng(5)
    whole, stored = (ConfidenceSequence(FiniteDataset(200), 0.9, (-1, 1)) for _ in range(2))
    for _ in range(6):
        values, weights = random.uniform(-1, 1, 7), random.uniform(0.5, 2, 7)
        whole.update(values, weights=weights)
        stored = ConfidenceSequence.from_state(json.loads(json.dumps(stored.state())))
        stored.update(values, weights=weights)
        assert stored.interval() == whole.interval()
    assert stored.state() == whole.state()


def test_memory_does_not_grow_with_the_number_of_values(monkeypatch):
    values = np.random.default_rng(6).binomial(1, 0.7, 300)
    whole = of(values, Population()).interval()
    monkeypatch.setattr("genops.stats.confidence_sequence._BLOCK", 13)
    assert of(values, Population()).interval() == whole


def test_before_the_first_value_it_is_the_whole_range():
    found = ConfidenceSequence(Population(), ends=(-1, 1)).interval()
    assert found.bounds == pytest.approx((-1, 1), abs=1e-5)
    assert np.isnan(found.estimate)


def test_a_sequence_that_contradicts_itself_says_so():
    found = of([1.0] * 300 + [0.0] * 300, Population()).interval()
    assert found.bounds is None
    assert "refuted every mean" in found.missing


def by_halving(values, claim, weights, level=0.95):
    """The ends by looking at the capital after every unit, at 22 halvings of the means."""
    units = Units.checked(values, None, weights, (0.0, 1.0))
    refuted, kept = np.zeros(2), np.ones(2)
    if isinstance(claim, FiniteDataset):
        refuted = units.values @ units.weights / claim.total_weight
    for _ in range(20):
        middle = (refuted + kept) / 2
        capital = Bets().placed(units, middle, claim)[1]
        beyond = np.maximum(capital.max(axis=1), 0) >= np.log(2 / (1 - level))
        refuted, kept = np.where(beyond, middle, refuted), np.where(beyond, kept, middle)
    return refuted[0], 1 - refuted[1]


@pytest.mark.parametrize("claim", [Population(3), FiniteDataset(2_500)], ids=["population", "dataset"])
@pytest.mark.parametrize("share", [0.0, 0.02, 0.5, 0.9, 1.0])
@pytest.mark.parametrize("n", [1, 2, 17, 200, 1_000])
def test_its_ends_are_those_that_halving_finds(share, claim, n):
    random = np.random.default_rng(7)
    for values in (random.binomial(1, share, n).astype(float), random.beta(1 + 8 * share, 9 - 8 * share, n)):
        weights = random.choice([0.5, 1.0, 3.0], n)
        sequence = ConfidenceSequence(claim)
        sequence.update(values, weights=weights)
        assert sequence.interval().bounds == pytest.approx(by_halving(values, claim, weights), abs=1e-9)


def test_what_is_no_unit_is_refused():
    with pytest.raises(ValueError, match="between 0"):
        of([1.5], Population())
    with pytest.raises(ValueError, match="level"):
        ConfidenceSequence(Population(), 95)
