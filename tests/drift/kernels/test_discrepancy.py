import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from genops.drift.kernels import quadratic
from genops.drift.kernels.discrepancy import discrepancies
from genops.drift.kernels.kernel import Kernel
from genops.drift.kernels.points import Points
from genops.drift.relabelling import Relabellings
from genops.drift.samples import Samples
from genops.drift.two_sample import folds_of

KERNELS = [Kernel("gaussian", 0.8), Kernel("laplace", 1.5), Kernel("laplace", 0.3)]


def windows(m=40, n=30, groups=None, seed=0):
    random = np.random.default_rng(seed)
    return Samples.of_vectors(random.normal(size=(m, 3)), random.normal(0.5, 2, size=(n, 3)), groups=groups)


def in_groups(m=40, n=30):
    """Groups of different size, in no order."""
    random = np.random.default_rng(1)
    return (random.zipf(1.7, size=m).clip(max=9).tolist(), random.integers(11, size=n).tolist())


def literal(matrix, current, groups):
    """The unbiased squared MMD by its double sum."""
    sums, pairs = np.zeros(3), np.zeros(3)
    for i in range(len(matrix)):
        for j in range(len(matrix)):
            if groups[i] != groups[j]:
                sums[int(current[i]) + int(current[j])] += matrix[i, j]
                pairs[int(current[i]) + int(current[j])] += 1
    reference, mixed, now = sums / np.maximum(pairs, 1)
    return reference + now - 2 * mixed


def of(samples, memory_mib=256, count=7):
    points, folds = Points.of(samples), folds_of(samples, 0)
    relabellings = Relabellings.draw(samples, count, seed=3)
    return points, relabellings, folds, discrepancies(points, relabellings, folds, KERNELS, memory_mib)


@pytest.mark.parametrize("groups", [None, in_groups()], ids=["alone", "groups"])
def test_every_relabelling_has_the_double_sum(groups):
    samples = windows(groups=groups)
    points, relabellings, _, told = of(samples)
    for kernel, one in zip(KERNELS, told, strict=True):
        matrix = kernel.gram(points[:], points[:])
        expected = [literal(matrix, column, samples.groups) for column in relabellings.current.T]
        assert one.statistics == pytest.approx(expected, abs=1e-6)
        different = samples.groups[:, None] != samples.groups
        square = np.square(matrix[different]).sum() / (samples.n * (samples.n - 1))
        assert one.unit == pytest.approx(np.sqrt(square), abs=1e-6)


def test_bands_of_a_larger_matrix_make_the_whole_of_it(monkeypatch):
    monkeypatch.setattr(quadratic, "_BAND", 16)
    monkeypatch.setattr(quadratic, "_BLOCK", 200)
    monkeypatch.setattr(quadratic, "_SMALL", 1)
    test_every_relabelling_has_the_double_sum(None)
    test_every_relabelling_has_the_double_sum(in_groups())
    test_what_is_told_outside_a_fold_was_learned_there(None)


@pytest.mark.parametrize("groups", [None, in_groups()], ids=["alone", "groups"])
def test_what_is_told_outside_a_fold_was_learned_there(groups):
    samples = windows(groups=groups)
    points, _, folds, told = of(samples)
    for kernel, one in zip(KERNELS, told, strict=True):
        matrix = kernel.gram(points[:], points[:])
        for fold in range(int(folds.max()) + 1):
            out = folds != fold
            expected = literal(matrix[np.ix_(out, out)], samples.is_current[out], samples.groups[out])
            assert one.outside[fold] == pytest.approx(expected, abs=1e-6)
            means = (matrix[~out][:, out & side].mean(axis=1) for side in (samples.is_current, ~samples.is_current))
            assert one.witness[~out] == pytest.approx(np.subtract(*means), abs=1e-6)


@pytest.mark.parametrize("groups", [None, in_groups(400, 300)], ids=["alone", "groups"])
def test_fourier_features_tell_nearly_the_same(groups):
    samples = windows(400, 300, groups=groups)
    exact, approximate = (of(samples, memory_mib)[3] for memory_mib in (256, 0))
    for one, other in zip(exact, approximate, strict=True):
        assert other.statistics[0] == pytest.approx(one.statistics[0], rel=0.3)
        assert other.statistics[1:] == pytest.approx(one.statistics[1:], abs=0.01)
        assert np.corrcoef(one.witness, other.witness)[0, 1] > 0.9
        assert other.unit == pytest.approx(one.unit, rel=0.2, abs=0.05)


def test_fourier_features_are_a_kernel_with_the_same_double_sum(monkeypatch):
    from genops.drift.kernels import fourier

    samples = windows(groups=in_groups())
    drawn = fourier.frequencies(KERNELS[0], 3, 64, np.random.default_rng(5))
    monkeypatch.setattr(fourier, "frequencies", lambda *_: drawn)
    monkeypatch.setattr(fourier, "_ROWS", 16)
    points, relabellings, _, (one, *_) = of(samples, memory_mib=0)
    made = fourier.features(points[:], drawn).astype(float)
    expected = [literal(made @ made.T, column, samples.groups) for column in relabellings.current.T]
    assert one.statistics == pytest.approx(expected, abs=1e-6)


def test_in_float32_the_observed_labels_are_rounded_like_any_other(monkeypatch):
    """Rows of two kinds, as many in either window: hundreds of relabellings tie with the observed one."""
    monkeypatch.setattr(quadratic, "_SMALL", 1)
    places = []
    for seed in range(20):
        rows = np.repeat([[0.0], [1.0], [0.0], [1.0]], 30, axis=0)
        samples = Samples.of_vectors(rows[:60], rows[60:])
        points, relabellings = Points.of(samples), Relabellings.draw(samples, 400, seed)
        (told,) = discrepancies(points, relabellings, folds_of(samples, 0), KERNELS[:1])
        alike = np.abs(relabellings.current[:60].T @ rows[:60, 0] + relabellings.current[60:].T @ rows[60:, 0] - 30) < 1
        tied = told.statistics[alike]
        assert np.ptp(tied) < 1e-4 * np.abs(told.statistics).max()
        places.append((tied < tied[0]).mean())
    assert 0.2 < np.mean(places) < 0.8


@settings(max_examples=30, deadline=None)
@given(st.integers(2, 12), st.integers(2, 12), st.integers(0, 1000))
def test_windows_may_be_swapped(m, n, seed):
    samples = windows(m, n, seed=seed)
    swapped = Samples.of_vectors(samples.values[m:], samples.values[:m])
    for one, other in zip(of(samples)[3], of(swapped)[3], strict=True):
        assert one.statistics[0] == pytest.approx(other.statistics[0], abs=1e-9)


def test_a_window_of_one_group_has_no_pairs_of_its_own():
    samples = windows(groups=([0] * 40, list(range(30))))
    points, relabellings, _, told = of(samples)
    for kernel, one in zip(KERNELS, told, strict=True):
        matrix = kernel.gram(points[:], points[:])
        expected = [literal(matrix, column, samples.groups) for column in relabellings.current.T]
        assert one.statistics == pytest.approx(expected, abs=1e-6)
