import numpy as np
import pytest

from genops.drift.relabelling import Relabellings
from genops.drift.samples import Samples
from genops.drift.tests_of_vectors.classifier import classifier
from genops.drift.two_sample import find_test
from tests.drift.unchanged import KINDS, false_alarms, most


def windows(n=60, d=5, shift=0.0, seed=0, groups=None):
    random = np.random.default_rng(seed)
    rows = random.normal(size=(2 * n, d))
    rows[n:, 0] += shift
    return Samples.of_vectors(rows[:n], rows[n:], groups=groups)


def literal(samples, current, folds, ridges):
    """The statistic by regressions for each relabelling and fold, with an intercept, and the pairs counted."""
    rows = samples.values.astype(float)
    total = weight = 0.0
    for fold in np.unique(folds):
        out, inside = folds != fold, np.flatnonzero(folds == fold)
        x, y = rows[out] - rows[out].mean(axis=0), current[out] - current[out].mean()
        tried = []
        for ridge in ridges:
            penalty = ridge * np.square(x).sum() / x.shape[1]
            inverse = np.linalg.inv(x.T @ x + penalty * np.eye(x.shape[1]))
            coefficients, free = inverse @ x.T @ y, len(x) - 1 - np.trace(x @ inverse @ x.T)
            tried.append((np.square(y - x @ coefficients).sum() / free**2, coefficients))
        scores = rows[inside] @ min(tried, key=lambda one: one[0])[1]
        above = scores[current[inside]][:, None] > scores[~current[inside]]
        if above.size:
            total += above.size / len(inside) * (2 * above.mean() - 1)
            weight += above.size / len(inside)
    return total / weight


@pytest.mark.parametrize("d", [5, 200])
@pytest.mark.parametrize("ridges", [(0.5,), (0.03, 0.3, 3.0, 30.0)])
def test_every_relabelling_has_the_statistic_of_a_classifier_that_is_fitted_anew(d, ridges):
    samples = windows(d=d, shift=0.6)
    relabellings = Relabellings.draw(samples, 30, seed=3)
    tested = classifier(samples, relabellings, ridges=ridges)
    expected = [literal(samples, column, tested.folds, ridges) for column in relabellings.current.T]
    assert tested.statistic == pytest.approx(expected[0], abs=1e-6)
    assert tested.p == relabellings.p_value(np.array(expected))


def test_its_effect_is_its_statistic():
    found = find_test("classifier").run(windows(shift=1.0), relabellings=99)
    assert found.separation.estimate == pytest.approx(found.statistic)
    assert found.p == 0.01


def test_it_sees_a_shift_along_a_direction_in_which_the_rows_hardly_vary():
    random = np.random.default_rng(1)
    rows = random.normal(size=(400, 10)) / np.arange(1, 11) ** 2
    rows[200:, 9] += 0.01
    samples = Samples.of_vectors(rows[:200], rows[200:])
    assert find_test("classifier").run(samples, relabellings=99).p == 0.01
    assert find_test("centroid").run(samples, relabellings=99).p > 0.05


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_it_keeps_its_level(kind):
    assert false_alarms("classifier", KINDS[kind]) <= most()


def test_it_keeps_its_level_where_rows_come_in_groups():
    assert false_alarms("classifier", KINDS["normal"], groups=10) <= most()


def test_place_and_unit_do_not_matter():
    samples = windows(shift=0.5)
    moved = Samples.of_vectors(*(7 + 1e4 * part for part in np.split(samples.values.astype(float), 2)))
    one, other = (find_test("classifier").run(each, relabellings=99, seed=2) for each in (samples, moved))
    assert (one.p, one.statistic) == (other.p, pytest.approx(other.statistic, abs=1e-3))


def test_equal_rows_have_no_order():
    samples = Samples.of_vectors(np.ones((10, 3)), np.ones((12, 3)))
    found = find_test("classifier").run(samples, relabellings=99)
    assert (found.statistic, found.p, found.separation.estimate) == (0, 1, 0)


def test_two_rows_tell_nothing_and_break_nothing():
    found = find_test("classifier").run(Samples.of_vectors(np.zeros((1, 3)), np.ones((1, 3))), relabellings=99)
    assert (found.p, found.separation.bounds) == (1, None)
