"""What all relabellings need of a kernel that is asked for block by block: w'Kw for the weights of each."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Entries: TypeAlias = Callable[[slice, slice], NDArray[np.float64]]
"""The kernel of some rows with some rows, of shape (rows, columns); the same both ways round."""

_BAND = 256
_BLOCK = 8_000_000
_SMALL = 2_048


def quadratic_forms(
    entries: Entries,
    count: int,
    weights: Callable[[slice], NDArray[np.floating]],
    columns: NDArray[np.float64],
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The sum of (K W) * W over the rows, of shape (count,), and K times a few more columns, of shape (n, columns).

    Half of K is asked for, once for many columns of W. Up to 2,048 rows all is float64, so that relabellings which
    exchange equal rows are equal; beyond that float32.

    Args:
        entries: Of K.
        count: Columns of W.
        weights: Some columns of W, of shape (n, columns).
        columns: What else K is multiplied by, of shape (n, columns).
    """
    n = len(columns)
    dtype = np.float64 if n <= _SMALL else np.float32
    size = max(1, _BLOCK // n)
    forms, products = np.zeros(count), np.zeros(columns.shape)
    for start in range(0, count, size):
        part = slice(start, start + size)
        block = weights(part).astype(dtype, copy=False)
        for rows, band in _upper(entries, n):
            if not start:
                products[rows] += band @ columns[rows.start :]
                products[rows.stop :] += band[:, len(band) :].T @ columns[rows]
            band = band.astype(dtype, copy=False)
            product = 2 * (band @ block[rows.start :]) - band[:, : len(band)] @ block[rows]
            forms[part] += np.einsum("ib,ib->b", block[rows], product, dtype=np.float64)
    return forms, products


def _upper(entries: Entries, n: int) -> Iterator[tuple[slice, NDArray[np.float64]]]:
    """Bands of the upper triangle: some rows, with the columns from the first of them on."""
    for start in range(0, n, _BAND):
        rows = slice(start, min(start + _BAND, n))
        yield rows, entries(rows, slice(start, n))
