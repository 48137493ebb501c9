import numpy as np
import pytest

from genops.drift.kernels import deep
from genops.drift.kernels.deep import DeepKernel, learned
from genops.drift.kernels.distances import squared_euclidean
from genops.drift.kernels.points import Points, median_kernel
from genops.drift.samples import Samples
from genops.drift.two_sample import find_test, folds_of
from tests.drift.unchanged import KINDS, false_alarms, most


def run(samples, settings=None, seed=0, relabellings=99):
    return find_test("learned_kernel").run(samples, settings, relabellings=relabellings, seed=seed)


def clusters(n, changed, seed):
    """Nine clusters whose correlation is changed within each: the whole cloud stays as it was."""
    random = np.random.default_rng(seed)
    which = random.integers(9, size=2 * n)
    rows = random.normal(size=(2 * n, 2))
    current = np.arange(2 * n) >= n
    if changed:
        rows[current, 1] = 0.6 * rows[current, 1] + 0.8 * rows[current, 0] * np.where(which[current] % 2, 1, -1)
    rows += 4 * np.stack([which % 3, which // 3], axis=1)
    return Samples.of_vectors(rows[:n], rows[n:])


def literal(kernel, x, y):
    """((1 - e) g(f(x), f(y)) + e) q(x, y), of two rows."""

    *network, (deep, plain, logit) = kernel.parameters

    def features(row):
        for place in (0, 2, 4):
            row = (np.log(1 + np.exp(row)) if place else row) @ network[place] + network[place + 1]
        return row

    share = 1 / (1 + np.exp(-logit))
    told = np.exp(-np.sum((features(x) - features(y)) ** 2) / (2 * np.exp(deep) ** 2))
    return ((1 - share) * told + share) * np.exp(-np.sum((x - y) ** 2) / (2 * np.exp(plain) ** 2))


def matrix_of(kernel, rows):
    return np.array([[literal(kernel, x, y) for y in rows] for x in rows])


def power_of(kernel, current, reference):
    """The objective of the fit, by NumPy."""
    n = len(current)
    k = matrix_of(kernel, np.concatenate([current, reference]))
    h = k[:n, :n] + k[n:, n:] - k[:n, n:] - k[n:, :n]
    discrepancy = sum(h[i, j] for i in range(n) for j in range(n) if i != j) / (n * (n - 1))
    variance = 4 / n**3 * sum(h[i].sum() ** 2 for i in range(n)) - 4 / n**4 * h.sum() ** 2
    return discrepancy / np.sqrt(variance + 1e-8)


def test_the_objective_is_that_of_the_paper():
    random = np.random.default_rng(0)
    rows = random.normal(size=(20, 3))
    kernel = DeepKernel.start(rows, 4, random)
    found, _ = kernel.power(rows, squared_euclidean(rows, rows))
    assert found == pytest.approx(power_of(kernel, rows[:10], rows[10:]), abs=1e-6)


@pytest.mark.parametrize("place", range(7))
def test_the_gradient_is_that_of_the_objective(place):
    random = np.random.default_rng(8)
    rows = random.normal(size=(16, 3))
    apart = squared_euclidean(rows, rows)
    kernel = DeepKernel.start(rows, 4, random)
    _, gradient = kernel.power(rows, apart)
    towards = random.normal(size=kernel.parameters[place].shape)

    def moved(by):
        parts = list(kernel.parameters)
        parts[place] = parts[place] + by * towards
        return DeepKernel(tuple(parts)).power(rows, apart)[0]

    assert np.vdot(gradient[place], towards) == pytest.approx((moved(1e-5) - moved(-1e-5)) / 2e-5, rel=1e-4, abs=1e-7)


def test_distances_that_are_kept_are_those_that_are_made_anew(monkeypatch):
    random = np.random.default_rng(9)
    current, reference = random.normal(0.5, 1, size=(18, 3)), random.normal(size=(22, 3))

    def learned_with(most):
        monkeypatch.setattr(deep, "_WHOLE", most)
        start = DeepKernel.start(current, 5, np.random.default_rng(1))
        return learned(start, current, reference, 3, 0.01, 16, np.random.default_rng(2)).parameters

    for kept, anew in zip(learned_with(40), learned_with(39), strict=True):
        assert kept == pytest.approx(anew, abs=1e-9)


def test_steps_make_it_greater():
    random = np.random.default_rng(1)
    current, reference = random.normal(0.7, 1, size=(20, 3)), random.normal(size=(20, 3))
    kernel = DeepKernel.start(np.concatenate([current, reference]), 5, random)
    better = learned(kernel, current, reference, 30, 0.01, 128, random)
    assert power_of(better, current, reference) > 1.2 * power_of(kernel, current, reference)


def test_the_statistic_is_the_discrepancy_of_the_half_that_was_not_learned_from():
    random = np.random.default_rng(2)
    samples = Samples.of_vectors(random.normal(size=(12, 3)), random.normal(size=(14, 3)))
    points = Points.of(samples)
    median = median_kernel(points, "gaussian", 7)
    assert median is not None
    rows = points[:] / median.bandwidth
    kernel = DeepKernel.start(rows, 30, np.random.default_rng([7, 5, 0]))
    half = folds_of(samples, 7, 2) == 1
    current = samples.is_current[half]
    weights = np.where(current, 1 / current.sum(), -1 / (~current).sum())
    expected = weights @ matrix_of(kernel, rows[half]) @ weights
    assert run(samples, {"steps": 0}, seed=7).statistic == pytest.approx(expected, abs=1e-6)


@pytest.mark.slow
def test_it_finds_what_a_kernel_of_one_width_misses():
    found = [run(clusters(400, True, seed), seed=seed).p <= 0.05 for seed in range(5)]
    missed = [run(clusters(400, True, seed), {"steps": 0}, seed=seed).p <= 0.05 for seed in range(5)]
    assert sum(found) >= 3
    assert sum(missed) <= 1


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_it_keeps_its_level(kind):
    assert false_alarms("learned_kernel", KINDS[kind], settings={"steps": 5}) <= most()


@pytest.mark.slow
def test_it_keeps_its_level_where_rows_come_in_groups():
    assert false_alarms("learned_kernel", KINDS["normal"], groups=10, settings={"steps": 5}) <= most()


def test_the_seed_decides_everything():
    samples = clusters(60, True, 3)
    one, other, third = (run(samples, {"steps": 10}, seed=seed) for seed in (4, 4, 5))
    assert (one.statistic, one.p) == (other.statistic, other.p)
    assert (one.witness == other.witness).all()
    assert one.statistic != third.statistic


def test_a_plain_shift_is_found_and_has_its_effect():
    random = np.random.default_rng(5)
    found = run(Samples.of_vectors(random.normal(size=(100, 5)), random.normal(1, 1, size=(100, 5))), {"steps": 10})
    assert found.p == 0.01
    assert found.separation.bounds is not None
    assert found.separation.bounds[0] > 0.4
    assert (found.details["tried_on"], found.details["learned_on"]) == (100, 100)


def test_place_and_unit_do_not_matter():
    samples = clusters(40, True, 6)
    moved = Samples.of_vectors(*(7 + 1e3 * part for part in np.split(samples.values.astype(float), 2)))
    one, other = run(samples, {"steps": 3}), run(moved, {"steps": 3})
    assert one.statistic == pytest.approx(other.statistic, abs=1e-3)


@pytest.mark.parametrize("rows", [(1, 1), (1, 30), (10, 12)])
def test_equal_rows_are_no_change(rows):
    found = run(Samples.of_vectors(*(np.ones((n, 3)) for n in rows)))
    assert (found.p, found.statistic) == (1, 0)


@pytest.mark.parametrize("rows", [(1, 1), (1, 30), (2, 2)])
def test_few_rows_tell_little_and_break_nothing(rows):
    random = np.random.default_rng(7)
    found = run(Samples.of_vectors(*(random.normal(size=(n, 3)) for n in rows)), {"steps": 2})
    assert found.p >= found.least_p - 1e-9
    assert np.isfinite(found.witness).all()
