import numpy as np
import pytest

from genops.drift.kernels.points import Points, median_kernel
from genops.drift.samples import Samples
from genops.drift.tests_of_vectors.learned_kernel import _Kernel, _learn, _power
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

    def network(row):
        for place, (matrix, offset) in enumerate(kernel.layers):
            row = (np.log(1 + np.exp(row)) if place else row) @ matrix + offset
        return row

    share = 1 / (1 + np.exp(-kernel.scales[2]))
    learned = np.exp(-np.sum((network(x) - network(y)) ** 2) / (2 * np.exp(kernel.scales[0]) ** 2))
    return ((1 - share) * learned + share) * np.exp(-np.sum((x - y) ** 2) / (2 * np.exp(kernel.scales[1]) ** 2))


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
    import torch

    random = np.random.default_rng(0)
    rows = random.normal(size=(20, 3))
    kernel = _Kernel.start(rows, 4, random)
    layers = [(torch.from_numpy(matrix), torch.from_numpy(offset)) for matrix, offset in kernel.layers]
    found = _power(torch.from_numpy(rows), layers, torch.from_numpy(kernel.scales))
    assert float(found) == pytest.approx(power_of(kernel, rows[:10], rows[10:]), abs=1e-6)


def test_steps_make_it_greater():
    random = np.random.default_rng(1)
    current, reference = random.normal(0.7, 1, size=(20, 3)), random.normal(size=(20, 3))
    kernel = _Kernel.start(np.concatenate([current, reference]), 5, random)
    learned = _learn(kernel, current, reference, 30, 0.01, 128, random)
    assert power_of(learned, current, reference) > 1.2 * power_of(kernel, current, reference)


def test_the_statistic_is_the_discrepancy_of_the_half_that_was_not_learned_from():
    random = np.random.default_rng(2)
    samples = Samples.of_vectors(random.normal(size=(12, 3)), random.normal(size=(14, 3)))
    points = Points.of(samples)
    median = median_kernel(points, "gaussian", 7)
    assert median is not None
    rows = points[:] / median.bandwidth
    kernel = _Kernel.start(rows, 30, np.random.default_rng([7, 5, 0]))
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
