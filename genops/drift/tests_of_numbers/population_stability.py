"""The population stability index, calibrated: what it is on a quiet window depends on how many rows there are."""

from __future__ import annotations

from typing import Annotated

import numpy as np
from pydantic import Field

from genops.drift.relabelling import Relabellings
from genops.drift.samples import Samples
from genops.drift.tables import Floats, log_ratio_witness, quantile_bins, shares, statistics
from genops.drift.two_sample import Tested, folds_of, two_sample


@two_sample("population_stability", of="numbers")
def population_stability(
    samples: Samples, relabellings: Relabellings, bins: Annotated[int, Field(ge=2)] = 10
) -> Tested:
    """The population stability index (PSI) over bins of equally many rows of both windows.

    It is the symmetrised divergence of S. Kullback and R. A. Leibler, On information and sufficiency (1951). Its usual
    thresholds of 0.1 and 0.25 mean nothing: under no change its mean is about (bins - 1) (1/n + 1/m) (B. Yurdakul,
    Statistical properties of population stability index, 2018). Here relabelling says what is much.

    The witness is how much more often a row's bin is seen now than in the reference, by the other folds.

    Args:
        samples: Of numbers.
        relabellings: Which calibrate it.
        bins: At most so many; fewer where many rows are equal.
    """
    codes = quantile_bins(samples.values, bins)
    indices = statistics(codes, relabellings, stability_index)
    folds = folds_of(samples, relabellings.seed)
    witness = log_ratio_witness(samples, codes, folds)
    details = {"bins": int(codes.max()) + 1}
    return Tested(float(indices[0]), relabellings.p_value(indices), witness, folds, details)


def stability_index(current: Floats, reference: Floats) -> Floats:
    """The PSI of each table, with half a row added to each kind of each window, so that none is empty.

    Args:
        current: Counts, of shape (kinds, tables).
        reference: The same.
    """
    now, then = shares(current + 0.5), shares(reference + 0.5)
    return np.asarray(((now - then) * np.log(now / then)).sum(axis=0))
