"""What all relabellings need of a kernel that is asked for block by block: w'Kw for the weights of each."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Entries: TypeAlias = Callable[[slice, slice], NDArray[np.floating]]
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
    dtype = precision(n)
    size = max(1, _BLOCK // n)
    forms, products = np.zeros(count), np.zeros(columns.shape)
    few = columns.astype(dtype, copy=False)
    for start in range(0, count, size):
        part = slice(start, start + size)
        block: NDArray[Any] = weights(part).astype(dtype, copy=False)
        for rows, values in upper_bands(entries, n):
            band: NDArray[Any] = values.astype(dtype, copy=False)
            if not start:
                products[rows] += band @ few[rows.start :]
                products[rows.stop :] += (few[rows].T @ band[:, len(band) :]).T
            product = 2 * (band @ block[rows.start :]) - band[:, : len(band)] @ block[rows]
            forms[part] += np.einsum("ib,ib->b", block[rows], product, dtype=np.float64)
    return forms, products


def precision(n: int) -> type[np.floating]:
    """What products with a matrix of so many rows are made in."""
    return np.float64 if n <= _SMALL else np.float32


def upper_bands(entries: Entries, n: int) -> Iterator[tuple[slice, NDArray[np.floating]]]:
    """Bands of the upper triangle: some rows, with the columns from the first of them on.

    Args:
        entries: Of K; what ``quadratic_forms`` asks for are the same blocks.
        n: Rows of K.
    """
    for start in range(0, n, _BAND):
        rows = slice(start, min(start + _BAND, n))
        yield rows, entries(rows, slice(start, n))
