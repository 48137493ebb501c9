import numpy as np
import pytest

from genops.drift.kernels.fourier import features, frequencies
from genops.drift.kernels.kernel import Kernel


@pytest.mark.parametrize("kernel", [Kernel("gaussian", 1.5), Kernel("laplace", 4.0)])
def test_their_products_are_the_kernel_nearly(kernel):
    random = np.random.default_rng(0)
    rows = random.normal(size=(40, 5))
    made = features(rows, frequencies(kernel, 5, 20_000, random))
    assert made @ made.T == pytest.approx(kernel.gram(rows, rows), abs=0.03)
    assert np.einsum("if,if->i", made, made) == pytest.approx(np.ones(40), abs=1e-5)


def test_frequencies_too_large_for_a_float32_lose_nothing():
    rows = np.array([[0.1], [0.1 + 1e-9]])
    made = features(rows, np.array([[1e9]]))
    assert made[:, 0] == pytest.approx(np.cos(rows[:, 0] * 1e9), abs=1e-6)
