"""Pearson's chi-square of categories by window."""

from __future__ import annotations

import numpy as np

from genops.drift.relabelling import Relabellings
from genops.drift.samples import Samples
from genops.drift.tables import Floats, log_ratio_witness, shares, statistics
from genops.drift.two_sample import Tested, folds_of, two_sample


@two_sample("chi_square", of="categories")
def chi_square(samples: Samples, relabellings: Relabellings) -> Tested:
    """How far the counts of the categories are from those of windows with equal shares.

    K. Pearson (1900). Relabelling calibrates it, so that rare categories need not be merged.

    The witness is how much more often a row's category is seen now than in the reference, by the other folds.

    Args:
        samples: Of categories.
        relabellings: Which calibrate it.
    """
    distances = statistics(samples.values, relabellings, _distance)
    folds = folds_of(samples, relabellings.seed)
    witness = log_ratio_witness(samples, samples.values, folds)
    return Tested(float(distances[0]), relabellings.p_value(distances), witness, folds)


def _distance(current: Floats, reference: Floats) -> Floats:
    rows = current + reference
    apart = (shares(current) - shares(reference)) ** 2 / np.maximum(shares(rows), 1e-300)
    return np.asarray(current.sum(axis=0) * reference.sum(axis=0) / rows.sum(axis=0) * apart.sum(axis=0))
