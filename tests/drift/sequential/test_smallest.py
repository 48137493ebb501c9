"""An alarm needs evidence of more than the smallest change that is one."""

import json

import numpy as np
import pytest
from scipy import stats

from genops.drift.sequential import Baseline, Detector
from genops.errors import InputError

LENGTH, RUN_LENGTH = 1_000, 10_000
SMALLEST = 0.1


def vectors(random, count, share):
    """Of 6 dimensions, a share of them of a new kind."""
    rows = random.standard_normal((count, 6))
    return np.where(random.random((count, 1)) < share, rows * 0.1 + 4, rows)


def numbers(random, count, separation):
    """Moved by as much as makes that separation."""
    return random.standard_normal(count) + np.sqrt(2) * stats.norm.ppf((1 + separation) / 2)


def scores(random, count, lower):
    return random.beta(8, 2, count) * (0.8 - lower) / 0.8


def kinds(random, count, moved):
    return random.choice(["en", "es"], count, p=[0.9 - moved, 0.1 + moved]).tolist()


MADE = {
    "vectors": (Baseline.of_vectors, vectors),
    "numbers": (Baseline.of_numbers, numbers),
    "scores": (lambda rows, **more: Baseline.of_numbers(rows, ends=(0, 1), **more), scores),
    "categories": (Baseline.of_categories, kinds),
}


def alarms(kind, seed, size, length=LENGTH, smallest=SMALLEST):
    baseline, draw = MADE[kind]
    random = np.random.default_rng([seed, 5])
    return Detector(baseline(draw(random, 1_500, 0.0), smallest=smallest), RUN_LENGTH).update(
        draw(random, length, size)
    )


@pytest.mark.parametrize("kind", MADE)
def test_a_change_of_no_more_than_the_smallest_alarms_no_more_often_than_was_promised(kind):
    streams = 30
    count = sum(bool(alarms(kind, seed, SMALLEST)) for seed in range(streams))
    assert count <= stats.binom.isf(1e-5, streams, LENGTH / RUN_LENGTH + 0.01)


@pytest.mark.parametrize("kind", MADE)
def test_where_none_is_stated_the_same_change_alarms(kind):
    assert all(alarms(kind, seed, SMALLEST, length=6_000, smallest=0.0) for seed in range(3))


@pytest.mark.parametrize("kind", MADE)
def test_a_change_of_three_times_as_much_is_found(kind):
    for seed in range(3):
        first = alarms(kind, seed, 0.3)[0]
        assert first.change > SMALLEST
        assert first.mean > first.bound


def test_a_smallest_change_is_kept_with_the_baseline_and_is_the_least_that_can_alarm():
    rows = np.random.default_rng(0).standard_normal((1_000, 3))
    plain, wide = Baseline.of_vectors(rows), Baseline.of_vectors(rows, smallest=0.2)
    assert Baseline.from_state(json.loads(json.dumps(wide.state()))).digest == wide.digest != plain.digest
    assert 0.2 < wide.smallest_change < 0.2 + plain.smallest_change


@pytest.mark.parametrize("smallest", [-0.1, 1.0])
def test_a_smallest_change_that_is_no_share_is_refused(smallest):
    with pytest.raises(InputError, match="share from 0 to below 1"):
        Baseline.of_numbers([0.5] * 40, smallest=smallest)
