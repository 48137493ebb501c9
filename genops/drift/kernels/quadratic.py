"""w'Kw for the weights of every relabelling, and K times a few columns, of a kernel that is asked for block by block."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Entries: TypeAlias = Callable[[slice, slice], NDArray[np.float64]]
"""The kernel of some rows with some rows, of shape (rows, columns); the same both ways round."""

_BAND = 256
_BLOCK = 8_000_000
_SMALL = 2_048


def quadratic_forms(
    entries: Entries, n: int, count: int, weights: Callable[[slice], NDArray[np.floating]]
) -> NDArray[np.float64]:
    """The sum of (K W) * W over the rows, of shape (count,): half of K is asked for, once for many columns of W.

    Up to 2,048 rows all is float64, so that relabellings which exchange equal rows are equal; beyond that float32.

    Args:
        entries: Of K.
        n: Rows of K.
        count: Columns of W.
        weights: Some columns of W, of shape (n, columns).
    """
    dtype = np.float64 if n <= _SMALL else np.float32
    size = max(1, _BLOCK // n)
    forms = np.zeros(count)
    for start in range(0, count, size):
        part = slice(start, start + size)
        columns = weights(part).astype(dtype, copy=False)
        for rows, band in _upper(entries, n):
            band = band.astype(dtype, copy=False)
            product = 2 * (band @ columns[rows.start :]) - band[:, : len(band)] @ columns[rows]
            forms[part] += np.einsum("ib,ib->b", columns[rows], product, dtype=np.float64)
    return forms


def products(entries: Entries, columns: NDArray[np.float64]) -> NDArray[np.float64]:
    """K times a few columns.

    Args:
        entries: Of K.
        columns: Of shape (n, columns).
    """
    found = np.zeros(columns.shape)
    for rows, band in _upper(entries, len(columns)):
        found[rows] += band @ columns[rows.start :]
        found[rows.stop :] += band[:, len(band) :].T @ columns[rows]
    return found


def _upper(entries: Entries, n: int) -> Iterator[tuple[slice, NDArray[Any]]]:
    for start in range(0, n, _BAND):
        rows = slice(start, min(start + _BAND, n))
        yield rows, entries(rows, slice(start, n))
