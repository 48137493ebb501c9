"""Tables of counts under all relabellings at once: how many rows of each kind are of which window.

Every test of numbers and of categories is a function of such a table: the kinds are the distinct values, bins of them,
or the categories. One sparse product makes the tables of a block of relabellings, so that ties are exact by themselves.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from genops.drift.relabelling import Relabellings
from genops.drift.samples import Codes, Samples

Floats: TypeAlias = NDArray[np.float64]
OfTables: TypeAlias = Callable[[Floats, Floats], Floats]
"""A statistic of each table: of the counts now and in the reference, both of shape (kinds, tables)."""
_BLOCK = 64_000_000
_BYTES = 40  # of a kind and of a row in a block: the counts of either window and what a statistic makes of them


def statistics(codes: Codes, relabellings: Relabellings, of: OfTables) -> Floats:
    """A statistic under each relabelling, the observed one first: of shape (1 + B,).

    Args:
        codes: The kind of each row, from 0, of shape (n,).
        relabellings: B of them and the observed one.
        of: What is told of the tables.
    """
    from scipy.sparse import csr_matrix

    kinds, n = int(codes.max()) + 1, len(codes)
    sums = csr_matrix((np.ones(n, dtype=np.float32), (codes, np.arange(n))), shape=(kinds, n))
    total = np.bincount(codes, minlength=kinds)[:, None]
    told = np.empty(1 + relabellings.count)
    size = max(1, _BLOCK // (_BYTES * max(n, kinds)))
    for start in range(0, len(told), size):
        part = slice(start, start + size)
        current = (sums @ relabellings.current[:, part].astype(np.float32)).astype(np.float64)
        told[part] = of(current, total - current)
    return told


def shares(counts: Floats) -> Floats:
    """The share of each kind in each table.

    Args:
        counts: Of shape (kinds, tables).
    """
    return np.asarray(counts / np.maximum(counts.sum(axis=0), 1))


def quantile_bins(values: Floats, bins: int) -> Codes:
    """The bin of each value, from 0: so many bins of about as many rows each, fewer where values are equal.

    A value on an edge is of the bin below it. The edges are quantiles of both windows together, which no relabelling
    moves.

    Args:
        values: Of shape (n,).
        bins: At most so many.
    """
    edges = np.unique(np.quantile(values, np.arange(1, bins) / bins, method="inverted_cdf"))
    return np.unique(np.searchsorted(edges, values), return_inverse=True)[1].astype(np.intp)


def log_ratio_witness(samples: Samples, codes: Codes, folds: Codes) -> Floats:
    """How much more often a row's kind is seen now than in the reference: the logarithm, by the other folds' rows.

    It is the best witness that knows the kinds alone (J. Neyman and E. S. Pearson, 1933), of a shift, of a change of
    scale and of a new kind alike. One row, shared by the windows as the rows are, is added to each kind: a kind that
    the other folds lack speaks for neither.

    Args:
        samples: The rows.
        codes: The kind of each.
        folds: The fold of each.
    """
    kinds, witness = int(codes.max()) + 1, np.zeros(samples.n)
    for fold in np.unique(folds):
        inside = folds == fold
        now, then = (codes[~inside & side] for side in (samples.is_current, ~samples.is_current))
        if not len(now) or not len(then):
            continue
        both = len(now) + len(then)
        ratio = np.log(np.bincount(now, minlength=kinds) / len(now) + 1 / both)
        ratio -= np.log(np.bincount(then, minlength=kinds) / len(then) + 1 / both)
        witness[inside] = ratio[codes[inside]]
    return witness
