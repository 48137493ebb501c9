"""The Kolmogorov-Smirnov distance: the greatest difference of two distribution functions."""

from __future__ import annotations

import numpy as np

from genops.drift.relabelling import Relabellings
from genops.drift.samples import Codes, Samples
from genops.drift.tables import Floats, shares, statistics
from genops.drift.two_sample import Tested, folds_of, two_sample


@two_sample("kolmogorov_smirnov", of="numbers")
def kolmogorov_smirnov(samples: Samples, relabellings: Relabellings) -> Tested:
    """The greatest difference between the shares of the two windows at or below any value.

    A. N. Kolmogorov (1933); N. V. Smirnov, On the estimation of the discrepancy between empirical curves of
    distribution for two independent samples (1939). The differences are taken at distinct values only, so ties are
    exact.

    The details tell the value at which the difference is greatest, with the shares of either window at or below it.

    The witness says whether a row is where the current window has too many, by two thresholds that the other folds
    choose: below the value where the distribution functions differ most one way, or above the value where they differ
    most the other way (N. H. Kuiper, 1960). So the separation is a difference of two shares, of a change of scale as of
    a shift.

    Args:
        samples: Of numbers.
        relabellings: Which calibrate it.
    """
    values, inverse = np.unique(samples.values, return_inverse=True)
    codes = inverse.astype(np.intp)
    distances = statistics(codes, relabellings, _distance)
    folds = folds_of(samples, relabellings.seed)
    witness = _beyond_thresholds(samples, codes, folds)
    return Tested(
        float(distances[0]), relabellings.p_value(distances), witness, folds, _greatest(samples, values, codes)
    )


def _distance(current: Floats, reference: Floats) -> Floats:
    return np.asarray(np.abs(np.cumsum(shares(current) - shares(reference), axis=0)).max(axis=0))


def _greatest(samples: Samples, values: Floats, codes: Codes) -> dict[str, float]:
    before, after = (
        np.cumsum(np.bincount(codes[side], minlength=len(values))) / side.sum()
        for side in (~samples.is_current, samples.is_current)
    )
    at = int(np.argmax(np.abs(after - before)))
    return {"at": float(values[at]), "at_or_below_before": float(before[at]), "at_or_below_now": float(after[at])}


def _beyond_thresholds(samples: Samples, codes: Codes, folds: Codes) -> Floats:
    kinds, witness = int(codes.max()) + 1, np.zeros(samples.n)
    for fold in np.unique(folds):
        inside = folds == fold
        now, then = (codes[~inside & side] for side in (samples.is_current, ~samples.is_current))
        if not len(now) or not len(then):
            continue
        apart = np.bincount(now, minlength=kinds) / len(now) - np.bincount(then, minlength=kinds) / len(then)
        above = np.concatenate([[0.0], np.cumsum(apart)])  # how much more of the current window is below each code
        most, least = int(np.argmax(above)), int(np.argmin(above))
        below, beyond = codes[inside] < most, codes[inside] >= least
        witness[inside] = below | beyond if most < least else below & beyond
    return witness
