import numpy as np
import pytest

from genops.drift.kernels.quadratic import quadratic_forms


def drawn(n):
    random = np.random.default_rng(0)
    rows = random.normal(size=(n, 3))
    kernel = np.exp(-np.square(rows[:, None] - rows).sum(axis=2) / 2)
    return kernel, random.normal(size=(n, 7)), random.normal(size=(n, 2))


@pytest.mark.parametrize(("n", "close"), [(5, 1e-12), (600, 1e-9), (2_100, 1e-4)])
def test_a_kernel_in_bands_has_the_forms_and_products_of_the_whole(n, close):
    kernel, weights, columns = drawn(n)
    forms, products = quadratic_forms(
        lambda rows, others: kernel[rows, others], 7, lambda part: weights[:, part], columns
    )
    assert forms == pytest.approx(np.einsum("ib,ij,jb->b", weights, kernel, weights, optimize=True), rel=close)
    assert products == pytest.approx(kernel @ columns, abs=close)


def test_weights_are_asked_for_in_blocks_of_bounded_size(monkeypatch):
    monkeypatch.setattr("genops.drift.kernels.quadratic._BLOCK", 600)
    kernel, weights, columns = drawn(300)
    asked = []

    def some(part):
        asked.append(part)
        return weights[:, part]

    forms, products = quadratic_forms(lambda rows, others: kernel[rows, others], 7, some, columns)
    assert [part.start for part in asked] == [0, 2, 4, 6]
    assert forms == pytest.approx(np.einsum("ib,ij,jb->b", weights, kernel, weights, optimize=True))
    assert products == pytest.approx(kernel @ columns)
