"""The share of a new topic that a check would have found, by trial."""

import numpy as np
import pytest

from genops.drift.samples import Samples
from genops.drift.two_sample import find_test
from genops.drift.visibility import visible_share
from genops.errors import InputError

CENTRES = np.random.default_rng(9).standard_normal((10, 12)) * 2


def topics(seed, n, of=range(10)):
    random = np.random.default_rng([seed, 31])
    return CENTRES[random.choice(list(of), n)] + random.standard_normal((n, 12))


def test_a_share_that_is_told_is_found_about_as_often_as_is_wanted():
    told = visible_share(topics(0, 400), 200, test="centroid").share
    assert told is not None
    found = 0
    for seed in range(60):
        topic = seed % 10
        rest = [other for other in range(10) if other != topic]
        new = round(told * 200)
        after = np.concatenate([topics([1, seed], new, [topic]), topics([2, seed], 200 - new, rest)])
        samples = Samples.of_vectors(topics([3, seed], 400, rest), after)
        found += find_test("centroid").run(samples, relabellings=99, seed=seed).p <= 0.05
    assert 0.5 <= found / 60 <= 0.98


def test_larger_windows_see_less():
    rows = topics(0, 400)
    shares = [visible_share(rows, current, test="centroid", trials=10).share for current in (20, 100, 1_000)]
    assert None not in shares
    assert shares == sorted(shares, reverse=True)
    assert shares[-1] < 0.7 * shares[0]


def test_a_smaller_alpha_and_a_least_effect_take_a_larger_share():
    rows = topics(0, 300)
    plain = visible_share(rows, 150, test="centroid", trials=10)
    strict = visible_share(rows, 150, test="centroid", trials=10, alpha=0.005)
    effect = visible_share(rows, 150, test="centroid", trials=10, smallest=0.5)
    assert plain.share < strict.share
    assert plain.share < effect.share
    huge = visible_share(rows, 1_000_000, test="centroid", trials=10, smallest=0.5)
    assert huge.share == pytest.approx(effect.share, rel=0.3)


def test_of_each_group_one_row_is_taken():
    rows = topics(0, 100)
    told = visible_share(np.repeat(rows, 5, axis=0), 50, groups=np.repeat(np.arange(100), 5).tolist(), test="centroid")
    assert (told.reference, told.current) == (60, 30)
    assert told.share == pytest.approx(visible_share(rows, 50, test="centroid").share, rel=0.5)


def test_it_is_the_same_for_the_same_seed_and_its_windows_are_bounded():
    rows = topics(0, 3_000)
    told = visible_share(rows, 3_000, test="centroid", trials=5, rows=100)
    assert told == visible_share(rows, 3_000, test="centroid", trials=5, rows=100)
    assert (told.reference, told.current) == (100, 100)
    assert told.scale == pytest.approx((100 / 3_000) ** 0.5)


def test_what_no_share_shows_is_told_as_none():
    told = visible_share(topics(0, 60), 3, test="centroid", trials=5, alpha=0.001)
    assert told.share is None


def test_too_small_a_reference_is_refused():
    with pytest.raises(InputError, match="40 groups"):
        visible_share(topics(0, 30), 10)
