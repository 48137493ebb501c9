"""What every test of vectors keeps to, whatever it looks at."""

import json

import numpy as np
import pytest

from genops.drift.samples import Samples
from genops.drift.two_sample import TwoSampleTest, find_test
from genops.plugins import registry

TESTS = [name for name in registry.names("test") if find_test(name).of == "vectors"]
every = pytest.mark.parametrize("name", TESTS)

DRAWN = {"classifier", "learned_kernel", "lsdd"}
"""They learn from rows that are drawn by their places: other places, other rows."""
LOPSIDED = {"novelty"}
"""They ask what is new in the current window, and not what is gone from the reference."""
SETTINGS = {"learned_kernel": {"steps": 10}}
LEAST = {"learned_kernel": 1 / 6}
"""Of eight groups: all change sides, or only half of them."""


def vectors(m=45, n=35, shift=0.0, seed=0):
    random = np.random.default_rng(seed)
    return random.normal(size=(m, 4)), random.normal(shift, 1, size=(n, 4))


def told(name, reference, current, *, groups=None, seed=1, relabellings=99):
    """Under one context that both windows share: tests that know of none overlook it."""
    contexts = (["en"] * len(reference), ["en"] * len(current))
    samples = Samples.of_vectors(reference, current, groups=groups, contexts=contexts)
    return find_test(name).run(samples, SETTINGS.get(name), relabellings=relabellings, seed=seed)


@every
def test_it_is_registered_under_its_name_and_says_what_it_does(name):
    test = find_test(name)
    assert isinstance(test, TwoSampleTest)
    assert test.name == name
    assert test.description.endswith(".")


@every
def test_the_same_rows_and_seed_give_the_same(name):
    one, other = (told(name, *vectors(shift=0.5)) for _ in range(2))
    assert (one.statistic, one.p, one.separation) == (other.statistic, other.p, other.separation)
    assert np.array_equal(one.witness, other.witness)


@every
def test_what_it_tells_is_whole(name):
    found = told(name, *vectors(shift=0.5))
    assert 0 < found.least_p <= found.p <= 1
    assert found.witness.shape == (80,)
    assert found.witness.dtype == np.float64
    assert np.isfinite(found.witness).all()
    assert np.isfinite(found.statistic)
    assert json.loads(json.dumps(dict(found.details), allow_nan=False)) is not None


@every
def test_a_gross_change_is_found(name):
    found = told(name, *vectors(shift=4))
    assert found.p <= 0.02
    assert found.separation.bounds is not None
    assert found.separation.bounds[0] > 0.5


@every
def test_windows_that_are_equal_row_by_row_are_quiet(name):
    rows, _ = vectors()
    found = [told(name, rows, rows, seed=seed) for seed in range(5)]
    assert np.median([each.p for each in found]) > 0.1
    assert np.median([each.separation.estimate for each in found]) < 0.2


@every
def test_constant_vectors_are_no_change(name):
    found = told(name, np.full((20, 3), 0.1), np.full((9, 3), 0.1))
    assert (found.p, found.separation.estimate) == (1, 0)
    assert not found.witness.any()


@every
@pytest.mark.parametrize(("m", "n"), [(1, 1), (2, 2), (1, 30), (3, 5)])
def test_windows_of_a_few_rows_break_nothing(name, m, n):
    found = told(name, *vectors(m, n, shift=9))
    assert 0 < found.p <= 1
    assert np.isfinite(found.statistic)
    assert np.isfinite(found.witness).all()


@every
def test_rows_of_one_group_are_no_evidence_each(name):
    """Eight sessions of rows that hardly differ, their places drawn alike: row by row the windows look far apart."""
    alarms = 0
    for seed in range(10):
        random = np.random.default_rng([seed, 5])
        names = np.arange(40) % 4
        rows = [random.normal(size=(4, 3))[names] + 0.01 * random.normal(size=(40, 3)) for _ in range(2)]
        groups = (names.tolist(), names.tolist())
        found = told(name, *rows, groups=groups, seed=seed)
        assert found.least_p == pytest.approx(LEAST.get(name, 1 / 70))
        alarms += found.p <= 0.05
    assert alarms <= 4


@every
def test_a_change_of_whole_groups_is_found(name):
    random = np.random.default_rng(3)
    names = np.arange(60) % 12
    rows = [shift + random.normal(size=(12, 3))[names] + 0.1 * random.normal(size=(60, 3)) for shift in (0, 5)]
    assert told(name, *rows, groups=(names.tolist(), names.tolist())).p <= 0.02


@pytest.mark.parametrize("name", [name for name in TESTS if name not in DRAWN | LOPSIDED])
def test_windows_may_be_swapped(name):
    reference, current = vectors(shift=0.5)
    one, other = told(name, reference, current), told(name, current, reference)
    assert one.statistic == pytest.approx(other.statistic, rel=1e-5, abs=1e-9)


@pytest.mark.parametrize("name", [name for name in TESTS if name not in DRAWN])
def test_the_order_of_rows_does_not_matter(name):
    reference, current = vectors(shift=0.5)
    random = np.random.default_rng(8)
    one, other = told(name, reference, current), told(name, random.permutation(reference), random.permutation(current))
    assert one.statistic == pytest.approx(other.statistic, rel=1e-5, abs=1e-9)


@every
@pytest.mark.parametrize("unit", [1e-12, 1e12])
def test_the_unit_and_place_of_the_vectors_do_not_matter(name, unit):
    reference, current = vectors(shift=0.5)
    one, other = told(name, reference, current), told(name, unit * (3 + reference), unit * (3 + current))
    assert other.p == pytest.approx(one.p, abs=0.03)
    assert other.separation.estimate == pytest.approx(one.separation.estimate, abs=0.02)


@every
def test_it_says_no_to_what_is_no_setting(name):
    with pytest.raises(TypeError):
        find_test(name).function(nonsense=1)
