import json
from dataclasses import asdict

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from genops.drift.effect import separation
from genops.drift.explain.segments import NONE, OTHER, find_segments, scores
from genops.drift.samples import Samples
from genops.errors import InputError


def made(random, shares, shift, n=400):
    """A reference and a current window of languages in shares, of which some rows are shifted."""
    labels = [random.choice(list(part), size=n, p=list(part.values())) for part in shares]
    values = [random.normal(size=n) + np.array([{"de": 1.0}.get(label, 0.0) for label in own]) for own in labels]
    values[1] = values[1] + np.array([shift.get(label, 0.0) for label in labels[1]])
    samples = Samples.of_numbers(*values)
    return np.concatenate(labels).tolist(), samples


def of(labels, samples, **settings):
    return find_segments("language", labels, samples, samples.values, resamples=200, **settings)


def test_the_segment_that_changed_carries_the_change():
    shares = {"en": 0.5, "de": 0.3, "fr": 0.2}
    labels, samples = made(np.random.default_rng(0), (shares, shares), {"fr": 2.0})
    found = of(labels, samples)
    assert found.segments[0].label == "fr"
    assert found.segments[0].separation.bounds[0] > 0.6
    assert found.inside.bounds[0] > 0.1
    assert found.mix.bounds[0] < 0 < found.mix.bounds[1]
    assert all(abs(segment.separation.estimate) < 0.2 for segment in found.segments[1:])
    json.dumps(asdict(found))


def test_a_changed_mix_is_told_apart_from_a_change_inside():
    labels, samples = made(np.random.default_rng(1), ({"en": 0.8, "de": 0.2}, {"en": 0.3, "de": 0.7}), {})
    found = of(labels, samples)
    assert found.mix.bounds[0] > 0.1
    assert found.inside.bounds[0] < 0 < found.inside.bounds[1]
    german = next(segment for segment in found.segments if segment.label == "de")
    assert german.share.bounds[0] > 0.4


def test_a_segment_that_only_one_window_has_is_mix():
    labels, samples = made(np.random.default_rng(2), ({"en": 1.0}, {"en": 0.7, "de": 0.3}), {})
    german = next(segment for segment in of(labels, samples).segments if segment.label == "de")
    assert german.inside.estimate == 0
    assert german.mix.estimate > 0.05
    assert german.separation.bounds is None


@given(st.integers(0, 1000), st.integers(1, 4))
@settings(deadline=None, max_examples=30)
def test_the_parts_add_up_to_the_whole(seed, folds):
    random = np.random.default_rng(seed)
    samples = Samples.of_numbers(random.integers(6, size=40), random.integers(2, 9, size=30))
    labels = random.choice(["a", "b", "c"], size=70).tolist()
    own = np.arange(70) % folds
    found = find_segments("by", labels, samples, samples.values, own, resamples=5)
    assert found.whole.estimate == pytest.approx(separation(samples, samples.values, own).estimate, abs=1e-9)
    assert found.inside.estimate + found.mix.estimate == pytest.approx(found.whole.estimate, abs=1e-9)
    parts = sum(segment.inside.estimate + segment.mix.estimate for segment in found.segments)
    assert parts == pytest.approx(found.whole.estimate, abs=1e-9)


def test_scores_are_what_a_plain_loop_says():
    random = np.random.default_rng(3)
    samples = Samples.of_numbers(random.integers(5, size=15), random.integers(5, size=12))
    values = samples.values
    expected = [np.mean(np.sign(values[row] - values[:15])) for row in range(27)]
    assert scores(samples, values, np.zeros(27, int))[0] == pytest.approx(expected)


@pytest.mark.slow
def test_the_intervals_of_a_quiet_mix_hold_zero_about_as_often_as_they_say():
    held = 0
    for seed in range(200):
        random = np.random.default_rng([seed, 29])
        shares = {"en": 0.5, "de": 0.5}
        labels, samples = made(random, (shares, shares), {}, n=120)
        found = of(labels, samples, seed=seed)
        held += found.mix.bounds[0] <= 0 <= found.mix.bounds[1]
    assert held >= 178


def test_many_labels_are_told_apart_up_to_a_bound_and_none_is_a_label():
    samples = Samples.of_numbers(np.arange(30.0), np.arange(30.0))
    labels = [f"tenant {row % 15}" for row in range(40)] + [None] * 10 + [""] * 10
    found = find_segments("tenant", labels, samples, samples.values, most=4, resamples=9)
    assert {segment.label for segment in found.segments} >= {NONE, OTHER}
    assert len(found.segments) == 4
    assert sum(sum(segment.rows) for segment in found.segments) == 60


def test_one_session_a_window_has_no_interval():
    samples = Samples.of_numbers([1, 2, 3], [2, 3, 4], groups=(["a"] * 3, ["b"] * 3))
    assert of(["x"] * 6, samples).inside.bounds is None


def test_a_label_for_each_row_is_asked_for():
    with pytest.raises(InputError, match="not 2"):
        of(["a", "b"], Samples.of_numbers([1, 2], [3]))
