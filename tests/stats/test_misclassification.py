"""A rate corrected for an imperfect detector: published examples, coverage by simulation, what is not identified."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from genops.stats import ClusteredCounts, Proportion, corrected_rate

MANY = 10_000_000
"""Labels enough for sensitivity and specificity to be known."""


def known(share: float) -> Proportion:
    return Proportion(round(share * MANY), MANY)


@pytest.mark.parametrize(
    ("positive", "tested", "sensitivity", "specificity", "rate"),
    [
        pytest.param(23, 150, 0.96, 0.89, 0.051, id="brucellosis in cows, manual of epiR"),
        pytest.param(6, 151, 0.964, 0.927, 0.0, id="Helicobacter in children, Moujaber et al. 2008"),
        pytest.param(20, 120, 0.9, 0.99, 0.17603, id="manual of RSurveillance"),
    ],
)
def test_published_rates(positive, tested, sensitivity, specificity, rate):
    found = corrected_rate(Proportion(positive, tested), known(sensitivity), known(specificity))
    assert found.estimate == pytest.approx(rate, abs=5e-4)
    assert found.bounds[0] <= rate <= found.bounds[1]


def test_with_a_known_detector_the_bounds_are_near_those_of_wilson_corrected():
    low, high = corrected_rate(Proportion(20, 120), known(0.9), known(0.99)).bounds
    assert (low, high) == pytest.approx((0.1129887, 0.2623065), abs=0.003)  # manual of RSurveillance


def test_the_bounds_are_those_of_the_reference():
    """Worked by hand from equations 6, 7, 16 and 17 of the paper, for 30 of 200, 45 of 50 and 95 of 100."""
    z = 1.959963984540054
    share, n = (30 + z**2 / 2) / (200 + z**2), 200 + z**2
    se, sp = 46 / 52, 96 / 102
    rate = (share + sp - 1) / (se + sp - 1)
    shift = 2 * z**2 * (rate * se * (1 - se) / 52 - (1 - rate) * sp * (1 - sp) / 102)
    variance = share * (1 - share) / n + rate**2 * se * (1 - se) / 52 + (1 - rate) ** 2 * sp * (1 - sp) / 102
    reach = z * math.sqrt(variance) / (se + sp - 1)
    found = corrected_rate(Proportion(30, 200), Proportion(45, 50), Proportion(95, 100))
    assert found.bounds == pytest.approx((rate + shift - reach, rate + shift + reach))
    assert found.estimate == pytest.approx(0.1 / 0.85)
    assert (found.n, found.level, found.missing) == (200, 0.95, "")


@pytest.mark.parametrize("rate", [0.0, 0.02, 0.1, 0.5, 0.9])
@pytest.mark.parametrize(("sensitivity", "specificity"), [(0.95, 0.98), (0.8, 0.9), (0.7, 0.99)])
@pytest.mark.parametrize("labels", [30, 150])
def test_it_covers_what_it_says(rate, sensitivity, specificity, labels):
    random = np.random.default_rng(1)
    held = 0
    for _ in range(600):
        apparent = rate * sensitivity + (1 - rate) * (1 - specificity)
        found = corrected_rate(
            Proportion(int(random.binomial(300, apparent)), 300),
            Proportion(int(random.binomial(labels, sensitivity)), labels),
            Proportion(int(random.binomial(labels, specificity)), labels),
        )
        held += found.bounds[0] <= rate <= found.bounds[1]
    assert held / 600 >= 0.925


@pytest.mark.parametrize("labels", [60, 200, 300])
def test_it_covers_where_the_labels_are_of_the_same_outputs(labels):
    random = np.random.default_rng(2)
    held = identified = 0
    for _ in range(600):
        truly = random.random(300) < 0.2
        called = random.random(300) < np.where(truly, 0.85, 0.05)
        labelled = random.permutation(300)[:labels]
        of_positives, of_negatives = (called[labelled][truly[labelled] == kind] for kind in (True, False))
        if len(of_positives) == 0:
            continue
        found = corrected_rate(
            Proportion(int(called.sum()), 300),
            Proportion(int(of_positives.sum()), len(of_positives)),
            Proportion(int((~of_negatives).sum()), len(of_negatives)),
        )
        if found.bounds is not None:
            identified += 1
            held += found.bounds[0] <= 0.2 <= found.bounds[1]
    assert identified > 550
    assert held / identified >= 0.95


def test_few_labels_make_a_wide_interval():
    few, many = (
        corrected_rate(Proportion(60, 300), Proportion(9 * n, 10 * n), Proportion(9 * n, 10 * n)).bounds
        for n in (1, 50)
    )
    assert few[1] - few[0] > 2 * (many[1] - many[0])


@pytest.mark.parametrize("which", range(3))
def test_clusters_of_any_of_the_three_make_it_wider(which):
    three = [Proportion(60, 300), Proportion(95, 100), Proportion(95, 100)]
    alone = corrected_rate(*three).bounds
    three[which] = Proportion(three[which].count, three[which].n, design_effect=4.0)
    clustered = corrected_rate(*three)
    assert clustered.bounds[1] - clustered.bounds[0] > alone[1] - alone[0]
    assert clustered.n == 300


@pytest.mark.parametrize("labelled", [4, 12])
def test_it_covers_where_a_detector_errs_at_some_seeds_and_the_labels_are_of_the_same_tries(labelled):
    """Detectors differ by seed, and so does the rate; of each seed's 12 tries some are labelled."""
    random = np.random.default_rng(3)
    held = identified = 0
    for _ in range(400):
        rates = random.beta(2, 6, 30)[:, None]
        sensitivity, specificity = random.beta(9, 1, 30)[:, None], random.beta(19, 1, 30)[:, None]
        truly = random.random((30, 12)) < rates
        called = random.random((30, 12)) < np.where(truly, sensitivity, 1 - specificity)
        said, were = called[:, :labelled], truly[:, :labelled]
        found = ClusteredCounts.of(list(zip((said & were).sum(1), were.sum(1), strict=True)))
        passed = ClusteredCounts.of(list(zip((~said & ~were).sum(1), (~were).sum(1), strict=True)))
        whole = ClusteredCounts.of([(count, 12) for count in called.sum(1)])
        rate = corrected_rate(whole.proportion, found.proportion, passed.proportion)
        if rate.bounds is not None:
            identified += 1
            held += rate.bounds[0] <= 0.25 <= rate.bounds[1]
    assert identified > 390
    assert held / identified >= 0.94


@pytest.mark.parametrize(("found", "passed"), [(50, 50), (10, 80), (0, 100), (100, 0)])
def test_a_detector_no_better_than_chance_identifies_nothing(found, passed):
    rate = corrected_rate(Proportion(20, 100), Proportion(found, 100), Proportion(passed, 100))
    assert math.isnan(rate.estimate)
    assert rate.bounds is None
    assert "not identified" in rate.missing


proportions = st.integers(1, 200).flatmap(lambda n: st.builds(Proportion, st.integers(0, n), st.just(n)))


@given(proportions, proportions, proportions)
def test_it_is_a_share_or_not_identified(apparent, sensitivity, specificity):
    found = corrected_rate(apparent, sensitivity, specificity)
    assert math.isnan(found.estimate) or 0 <= found.estimate <= 1
    assert found.bounds is None or 0 <= found.bounds[0] <= found.bounds[1] <= 1
    assert bool(found.missing) is (found.bounds is None)


@pytest.mark.parametrize(("count", "n"), [(0, 0), (3, 2), (-1, 5)])
def test_what_is_no_proportion_is_refused(count, n):
    with pytest.raises(ValueError, match="trial"):
        Proportion(count, n)


def test_a_level_is_a_share_and_a_design_effect_positive():
    good = Proportion(9, 10)
    with pytest.raises(ValueError, match="level"):
        corrected_rate(good, good, good, 95)
    with pytest.raises(ValueError, match="design effect"):
        Proportion(9, 10, 0)
