"""The Cramér-von Mises distance: the squared difference of two distribution functions, over all rows."""

from __future__ import annotations

import numpy as np
from scipy.stats import rankdata

from genops.drift.relabelling import Relabellings
from genops.drift.samples import Codes, Samples
from genops.drift.tables import Floats, shares, statistics
from genops.drift.two_sample import Tested, folds_of, two_sample

_PLACES = 200
_WIDTH = 0.35


@two_sample("cramer_von_mises", of="numbers")
def cramer_von_mises(samples: Samples, relabellings: Relabellings) -> Tested:
    """The squared difference between the shares of the two windows at or below a value, summed over all rows.

    T. W. Anderson, On the distribution of the two-sample Cramér-von Mises criterion, Annals of Mathematical Statistics
    33 (1962); of equal rows each counts at their common value. It sees a small change of many rows a little
    better than ``kolmogorov_smirnov`` does.

    The witness is how much denser the current window is than the reference where a row stands: the logarithm of the
    ratio of two Gaussian density estimates over the ranks, by the other folds. So it follows a shift, a change of scale
    and new values alike (ranks of both windows together: M. S. Handcock and M. Morris, Relative distribution methods in
    the social sciences, 1999).

    Args:
        samples: Of numbers.
        relabellings: Which calibrate it.
    """
    codes = np.unique(samples.values, return_inverse=True)[1].astype(np.intp)
    distances = statistics(codes, relabellings, _distance)
    folds = folds_of(samples, relabellings.seed)
    return Tested(float(distances[0]), relabellings.p_value(distances), _log_density_ratio(samples, folds), folds)


def _distance(current: Floats, reference: Floats) -> Floats:
    rows = current + reference
    apart = np.cumsum(shares(current) - shares(reference), axis=0)
    scale = current.sum(axis=0) * reference.sum(axis=0) / rows.sum(axis=0) ** 2
    return np.asarray(scale * (rows * apart**2).sum(axis=0))


def _log_density_ratio(samples: Samples, folds: Codes) -> Floats:
    """By ranks on a grid of places, with a width of the kernel that shrinks as n^(-1/5)."""
    ranks = (rankdata(samples.values) - 0.5) / samples.n
    place = np.minimum((ranks * _PLACES).astype(np.intp), _PLACES - 1)
    grid, width = (np.arange(_PLACES) + 0.5) / _PLACES, _WIDTH * samples.n**-0.2
    kernel = np.exp(-0.5 * ((grid[:, None] - grid) / width) ** 2)
    witness = np.zeros(samples.n)
    for fold in np.unique(folds):
        inside = folds == fold
        now, then = (place[~inside & side] for side in (samples.is_current, ~samples.is_current))
        if not len(now) or not len(then):
            continue
        both = len(now) + len(then)
        density = [kernel @ np.bincount(rows, minlength=_PLACES) / len(rows) + 1 / both for rows in (now, then)]
        witness[inside] = np.log(density[0] / density[1])[place[inside]]
    return witness
