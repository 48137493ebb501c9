import numpy as np
import pytest

from genops.drift.kernels.points import Points
from genops.drift.relabelling import Relabellings
from genops.drift.samples import Samples
from genops.drift.tests_of_vectors.lsdd import lsdd, principal_components
from genops.drift.two_sample import find_test
from tests.drift.unchanged import KINDS, false_alarms, most


def windows(n=40, d=3, shift=0.0, spread=1.0, seed=0):
    random = np.random.default_rng(seed)
    return Samples.of_vectors(random.normal(size=(n, d)), random.normal(shift, spread, size=(n, d)))


def literal(rows, current, centres, width, penalty):
    """Sugiyama et al., equations 5 to 9: the coefficients are solved for anew, with all constants."""
    d = rows.shape[1]
    constant = (np.pi * width**2) ** (d / 2)
    matrix = np.array([[constant * np.exp(-np.sum((a - b) ** 2) / (4 * width**2)) for b in centres] for a in centres])
    bumps = np.array([[np.exp(-np.sum((x - c) ** 2) / (2 * width**2)) for c in centres] for x in rows])
    means = bumps[current].mean(axis=0) - bumps[~current].mean(axis=0)
    fitted = np.linalg.solve(matrix + penalty * constant * np.eye(len(centres)), means)
    return 2 * means @ fitted - fitted @ matrix @ fitted, bumps @ fitted


def test_the_literal_formula_finds_the_distance_of_two_densities():
    random = np.random.default_rng(1)
    rows = np.append(random.normal(size=3_000), random.normal(1, 1, size=3_000))[:, None]
    found, _ = literal(rows, np.arange(6_000) >= 3_000, rows[::60], 0.7, 0.01)
    assert found == pytest.approx((1 - np.exp(-1 / 4)) / np.sqrt(np.pi), rel=0.1)


@pytest.mark.parametrize("penalty", [0.01, 1.0])
def test_every_relabelling_has_the_distance_of_a_model_that_is_fitted_anew(penalty):
    samples = windows(shift=0.4)
    relabellings = Relabellings.draw(samples, 40)
    tested = lsdd(samples, relabellings, centres=80, widths=(0.5,), penalties=(penalty,))
    rows = Points.of(samples)[:]
    apart = np.sqrt(np.square(rows[:, None] - rows).sum(axis=2))
    width = 0.5 * np.median(apart[apart > 0])
    distances = np.array([literal(rows, column, rows, width, penalty)[0] for column in relabellings.current.T])
    assert tested.statistic == pytest.approx((distances[0] - distances.mean()) / distances.std(), abs=1e-6)
    assert tested.p == relabellings.p_value(distances)


def test_its_witness_is_the_difference_of_densities_without_the_fold():
    samples = windows(shift=0.4)
    tested = lsdd(samples, Relabellings.draw(samples, 9), centres=80, widths=(1.0,), penalties=(0.1,))
    rows = Points.of(samples)[:]
    apart = np.sqrt(np.square(rows[:, None] - rows).sum(axis=2))
    width = np.median(apart[apart > 0])
    for fold in np.unique(tested.folds):
        outside = tested.folds != fold
        scaled = (np.pi * width**2) ** (3 / 2)
        matrix = scaled * np.exp(-(apart**2) / (4 * width**2))
        bumps = np.exp(-(apart**2) / (2 * width**2))
        means = bumps[outside & samples.is_current].mean(axis=0) - bumps[outside & ~samples.is_current].mean(axis=0)
        expected = bumps @ np.linalg.solve(matrix + 0.1 * scaled * np.eye(80), means) * scaled
        assert tested.witness[~outside] == pytest.approx(expected[~outside], abs=1e-6)


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_it_keeps_its_level(kind):
    assert false_alarms("lsdd", KINDS[kind]) <= most()


@pytest.mark.slow
def test_it_keeps_its_level_where_rows_come_in_groups():
    assert false_alarms("lsdd", KINDS["normal"], groups=10) <= most()


def test_it_sees_a_change_of_spread_that_the_means_do_not_show():
    samples = windows(n=200, d=8, spread=1.4)
    assert find_test("lsdd").run(samples, relabellings=99).p == 0.01
    assert find_test("centroid").run(samples, relabellings=99).p > 0.05


def test_hundreds_of_dimensions_do_not_underflow():
    random = np.random.default_rng(2)
    rows = random.normal(size=(200, 384)) @ np.diag(1 / np.sqrt(np.arange(1, 385)))
    rows[100:, 3] += 1
    for components in (10, 0):
        samples = Samples.of_vectors(rows[:100], rows[100:])
        found = find_test("lsdd").run(samples, {"components": components}, relabellings=99)
        assert found.p == 0.01
        assert found.details["components"] == (components or 384)
        assert np.isfinite(found.witness).all()


@pytest.mark.parametrize(("n", "d"), [(50, 8), (8, 50)])
def test_components_keep_the_distances_along_which_rows_vary_most(n, d):
    rows = np.random.default_rng(3).normal(size=(n, d)) * np.arange(1, d + 1)
    rows -= rows.mean(axis=0)
    _, lengths, axes = np.linalg.svd(rows, full_matrices=False)
    projected, kept = principal_components(rows, 4)
    assert projected @ projected.T == pytest.approx(rows @ axes[:4].T @ axes[:4] @ rows.T, abs=1e-6 * d**3)
    assert kept == pytest.approx((lengths[:4] ** 2).sum() / (lengths**2).sum())
    whole, every = principal_components(rows, d)
    assert (whole is rows, every) == (True, 1)


def test_place_and_unit_do_not_matter():
    samples = windows(shift=0.5)
    moved = Samples.of_vectors(*(7 + 1e3 * part for part in np.split(samples.values.astype(float), 2)))
    one, other = (find_test("lsdd").run(each, relabellings=99, seed=2) for each in (samples, moved))
    assert (one.p, one.statistic) == (other.p, pytest.approx(other.statistic, abs=1e-3))
    assert other.details["width"] == pytest.approx(1e3 * one.details["width"], rel=1e-4)


@pytest.mark.parametrize("rows", [(1, 1), (10, 12)])
def test_equal_rows_are_no_change(rows):
    found = find_test("lsdd").run(Samples.of_vectors(*(np.ones((n, 3)) for n in rows)), relabellings=99)
    assert (found.p, found.statistic) == (1, 0)


def test_two_rows_tell_nothing_and_break_nothing():
    found = find_test("lsdd").run(Samples.of_vectors(np.zeros((1, 3)), np.ones((1, 3))), relabellings=99)
    assert (found.p, found.separation.bounds) == (1, None)
