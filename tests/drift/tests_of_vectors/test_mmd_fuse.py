import numpy as np
import pytest
from scipy.spatial.distance import cdist

from genops.drift.kernels.kernel import Kernel
from genops.drift.kernels.points import Points, kernel_collection
from genops.drift.kernels.prior import prior_weights
from genops.drift.relabelling import Relabellings
from genops.drift.samples import Samples
from genops.drift.tests_of_vectors.mmd_fuse import mmd_fuse
from genops.drift.two_sample import find_test
from tests.drift.tests_of_vectors.clusters import mixtures
from tests.drift.unchanged import KINDS, false_alarms, most


def windows(m=40, n=30, seed=0):
    random = np.random.default_rng(seed)
    return Samples.of_vectors(random.normal(size=(m, 3)), random.normal(0.4, 1, size=(n, 3)))


def kernels(rows):
    """The twenty kernels of the paper's experiments."""
    for metric in ("euclidean", "cityblock"):
        distances = cdist(rows, rows, metric)
        pairs = np.sort(distances[np.triu_indices(len(rows), 1)])
        low, high = pairs[int(0.05 * len(pairs))] / 2, pairs[int(0.95 * len(pairs))] * 2
        for width in np.linspace(low, high, 10):
            scaled = distances / width
            yield np.exp(-(scaled**2) / 2) if metric == "euclidean" else np.exp(-np.sqrt(2) * scaled)


def priors(matrices):
    """One by the sum of a kernel's squared alignments with all kernels, the diagonals left out."""
    n = len(matrices[0])
    centre, off = np.eye(n) - 1 / n, 1 - np.eye(n)
    centred = [off * (centre @ (off * matrix) @ centre) for matrix in matrices]
    alike = [[(a * b).sum() / np.sqrt((a * a).sum() * (b * b).sum()) for b in centred] for a in centred]
    weights = 1 / np.square(alike).sum(axis=1)
    return weights / weights.sum()


def literal(rows, current):
    """Biggs et al. (2023), with the prior by alignment and l = √(n (n - 1))."""
    x, y = np.flatnonzero(current), np.flatnonzero(~current)
    n = min(len(x), len(y))
    sharpness = np.sqrt(n * (n - 1))
    terms = []
    for matrix, prior in zip(kernels(rows), priors(list(kernels(rows))), strict=True):
        off = matrix - np.diag(np.diag(matrix))
        means = [off[np.ix_(side, side)].sum() / (len(side) * (len(side) - 1)) for side in (x, y)]
        discrepancy = sum(means) - 2 * matrix[np.ix_(x, y)].mean()
        unit = np.sqrt(np.square(off).sum() / (len(rows) * (len(rows) - 1)))
        terms.append(prior * np.exp(sharpness * discrepancy / unit))
    return np.log(np.sum(terms)) / sharpness


def test_it_is_the_soft_maximum_over_kernels():
    samples = windows()
    relabellings = Relabellings.draw(samples, 30)
    tested = mmd_fuse(samples, relabellings)
    expected = np.array([literal(samples.values.astype(float), column) for column in relabellings.current.T])
    assert tested.statistic == pytest.approx(expected[0], abs=1e-6)
    assert tested.p == relabellings.p_value(expected)


@pytest.mark.parametrize("kind", KINDS)
def test_it_keeps_its_level(kind):
    assert false_alarms("mmd_fuse", KINDS[kind]) <= most()


def test_it_keeps_its_level_where_rows_come_in_groups():
    assert false_alarms("mmd_fuse", KINDS["normal"], groups=10) <= most()


@pytest.mark.slow
def test_it_keeps_its_level_by_fourier_features():
    assert false_alarms("mmd_fuse", KINDS["repeated"], settings={"memory_mib": 0}) <= most()


def test_groups_whose_rows_are_far_closer_than_the_groups_give_a_number():
    random = np.random.default_rng(1)
    names = np.arange(40) % 5
    rows = [random.normal(size=(5, 3))[names] + 1e-5 * random.normal(size=(40, 3)) for _ in range(2)]
    samples = Samples.of_vectors(*rows, groups=(names.tolist(), names.tolist()))
    found = find_test("mmd_fuse").run(samples, relabellings=199)
    assert np.isfinite(found.statistic)
    assert np.isfinite(found.witness).all()


def test_kernels_that_are_nearly_the_same_share_what_one_would_have():
    points = Points.of(mixtures(0))
    width = kernel_collection(points, 10, 0)[0].bandwidth
    alike = [Kernel("gaussian", scale * width) for scale in (1, 100, 100.1, 100.2)]
    assert prior_weights(points, alike, 0) == pytest.approx([1 / 2, 1 / 6, 1 / 6, 1 / 6], abs=0.1)
    assert prior_weights(points, alike[1:], 0) == pytest.approx([1 / 3] * 3, abs=1e-3)


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_it_sees_what_changes_within_a_cluster():
    found = [find_test("mmd_fuse").run(mixtures(seed), relabellings=199, seed=seed).p <= 0.05 for seed in range(30)]
    assert np.mean(found) >= 0.9  # the paper has 0.945


def test_and_says_which_kernel_saw_it():
    found = find_test("mmd_fuse").run(mixtures(0), relabellings=199)
    assert found.details["bandwidth"] < 1
    assert found.details["exact"]
