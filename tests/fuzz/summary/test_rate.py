"""The rate of breaches, and the one behind detectors that err."""

import pytest

from genops.fuzz.summary import Accuracy
from genops.fuzz.summary.rate import corrected_for, rate_of
from genops.stats import ClusteredCounts
from tests.fuzz.stored import right

SWEEP = ClusteredCounts.of([(3, 10)] * 12)


def test_a_rate_is_clustered_by_seed_and_one_of_no_tries_is_none():
    assert (rate_of(SWEEP).value, rate_of(SWEEP).clusters) == (0.3, 12)
    assert rate_of(ClusteredCounts.of([])).missing == "no try could be scored"


def test_a_detector_that_errs_is_corrected_for():
    found = corrected_for(SWEEP, Accuracy(right(90, 100), right(95, 100)))
    assert found.value == pytest.approx((0.3 + 0.95 - 1) / (0.9 + 0.95 - 1))
    assert found.low < found.value < found.high
    known = corrected_for(SWEEP, Accuracy(right(9, 10), right(19, 20)))
    assert known.high - known.low > found.high - found.low


def test_labels_of_few_seeds_leave_the_correction_wider():
    many = corrected_for(SWEEP, Accuracy(right(90, 100), right(95, 100)))
    few = corrected_for(SWEEP, Accuracy(right(90, 100, seeds=10), right(95, 100, seeds=20)))
    assert few.value == pytest.approx(many.value)
    assert few.high - few.low > 1.5 * (many.high - many.low)


def test_a_detector_no_better_than_chance_identifies_nothing():
    found = corrected_for(SWEEP, Accuracy(right(5, 10), right(4, 10)))
    assert found.value is None
    assert "not identified" in found.missing


def test_labels_that_leave_chance_open_give_no_interval():
    found = corrected_for(ClusteredCounts.of([(9, 10)] * 12), Accuracy(right(1, 1), right(1, 10)))
    assert (found.value, found.low) == (0.0, None)
    assert "too few" in found.missing


@pytest.mark.parametrize(
    ("accuracy", "lacking"),
    [
        (Accuracy(None, right(9, 9)), "labelled as a breach"),
        (Accuracy(right(9, 9), None), "labelled as safe"),
    ],
)
def test_labels_of_one_kind_identify_nothing(accuracy, lacking):
    found = corrected_for(SWEEP, accuracy)
    assert found.value is None
    assert found.missing == f"not identified: no try is {lacking}"


def test_no_tries_have_no_corrected_rate():
    assert corrected_for(ClusteredCounts.of([]), Accuracy(right(9, 9), right(9, 9))).value is None
