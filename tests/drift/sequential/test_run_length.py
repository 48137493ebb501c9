"""The promise: of quiet streams a share of L / run length alarms within L items at most, but for rare references."""

import numpy as np
import pytest
from scipy import stats

from genops.drift.sequential import Baseline, Detector
from tests.drift.unchanged import KINDS

LENGTH, RUN_LENGTH = 1_000, 10_000


def alarmed(draw, reference, streams, length=LENGTH, run_length=RUN_LENGTH):
    count = 0
    for seed in range(streams):
        random = np.random.default_rng([seed, 21])
        detector = Detector(Baseline.of_vectors(draw(random, reference), seed=seed), run_length)
        count += bool(detector.update(draw(random, length)))
    return count


def promised(streams, share):
    """The most that is not too many: more are seen once in ten thousand families of ten such tests."""
    return stats.binom.isf(1e-5, streams, share)


@pytest.mark.parametrize("kind", sorted(set(KINDS) - {"repeated"}))
def test_quiet_vectors_alarm_no_more_often_than_was_promised_by_a_small_reference(kind):
    streams = 40
    assert alarmed(KINDS[kind], 60, streams) <= promised(streams, LENGTH / RUN_LENGTH + 0.01)


@pytest.mark.slow
@pytest.mark.parametrize("kind", sorted(set(KINDS) - {"repeated"}))
def test_quiet_vectors_alarm_no_more_often_than_was_promised(kind):
    streams = 200
    assert alarmed(KINDS[kind], 500, streams) <= promised(streams, LENGTH / RUN_LENGTH + 0.01)


@pytest.mark.slow
def test_quiet_embeddings_alarm_no_more_often_than_was_promised():
    from genops.retrieval.embedders.minilm import MiniLM
    from tests.docs.pages import PAGES

    texts = [text[:300] for page in PAGES[:8] for text in page.read_text().split("\n\n") if len(text) > 80]
    pool = np.asarray(MiniLM().encode(texts[:120]))
    count = alarmed(lambda random, n: pool[random.integers(len(pool), size=n)], 500, 30)
    assert count <= promised(30, LENGTH / RUN_LENGTH + 0.01)


@pytest.mark.parametrize(
    "draw",
    [lambda random, n: random.beta(8, 2, n), lambda random, n: (random.random(n) < 0.03) * 1.0],
    ids=["scores", "a rate"],
)
def test_quiet_numbers_alarm_no_more_often_than_was_promised(draw):
    streams, count = 200, 0
    for seed in range(streams):
        random = np.random.default_rng(seed)
        detector = Detector(Baseline.of_numbers(draw(random, 100), ends=(0, 1), seed=seed), RUN_LENGTH)
        count += bool(detector.update(draw(random, LENGTH)))
    assert count <= promised(streams, LENGTH / RUN_LENGTH + 0.01)


def test_a_known_mean_comes_within_a_small_factor_of_its_run_length():
    runs = []
    for seed in range(100):
        random = np.random.default_rng(seed)
        detector, first = Detector(Baseline.given(0.05, 0.05), 500), None
        while first is None:
            first = next(iter(detector.update((random.random(1_000) < 0.05) * 1.0)), None)
        runs.append(first.item + 1)
    assert 500 < np.mean(runs) < 5_000


def test_without_an_allowance_a_detector_ends_by_rejecting_the_error_of_its_reference():
    with_allowance = without = 0
    for seed in range(6):
        random = np.random.default_rng(seed)
        reference, stream = random.beta(2, 2, 200), random.beta(2, 2, 30_000)
        mean = float(reference.mean())
        with_allowance += bool(Detector(Baseline.of_numbers(reference, ends=(0, 1), seed=seed)).update(stream))
        without += bool(Detector(Baseline.given(mean, mean)).update(stream))
    assert with_allowance == 0
    assert without >= 5
