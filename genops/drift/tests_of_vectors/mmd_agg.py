"""MMDAgg: kernels of many widths, each tested, the levels corrected together."""

from __future__ import annotations

from typing import Annotated

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from genops.drift.kernels.discrepancy import MEMORY_MIB, discrepancies, fits
from genops.drift.kernels.points import Points, kernel_collection
from genops.drift.relabelling import Relabellings
from genops.drift.samples import Samples
from genops.drift.two_sample import Tested, folds_of, two_sample

_TIE = 1e-6


@two_sample("mmd_agg", of="vectors")
def mmd_agg(
    samples: Samples,
    relabellings: Relabellings,
    bandwidths: Annotated[int, Field(ge=2)] = 10,
    memory_mib: Annotated[int, Field(ge=0)] = MEMORY_MIB,
) -> Tested:
    """The least p-value over Gaussian and Laplace kernels of many widths, calibrated as one.

    A. Schrab, I. Kim, M. Albert, B. Laurent, B. Guedj and A. Gretton, MMD aggregated two-sample test, JMLR 24 (2023),
    arXiv:2110.15073, with equal weights. It rejects when a kernel's squared MMD is above its own 1 - u quantile, with
    the u at which one of them is with probability alpha; the paper finds u by bisection on relabellings of their own.
    Here every relabelling gets its rank by each kernel among all of them, the observed labels being one, and its least
    rank over the kernels; the p-value is the share of relabellings whose least rank is as small as the observed one.
    That is the same test with u found on the same relabellings, and exact: ranks treat all relabellings alike.

    The statistic is minus the least p-value over kernels. A row's witness is that of one kernel (see ``mmd``): the one
    whose MMD, in units of the kernel's mean square, is the greatest on the rows outside the row's fold.

    Args:
        samples: Of vectors.
        relabellings: Which calibrate it.
        bandwidths: Of either shape of kernel.
        memory_mib: For a kernel matrix in float32: a larger one is approximated by random Fourier features.
    """
    points = Points.of(samples)
    folds = folds_of(samples, relabellings.seed)
    kernels = kernel_collection(points, bandwidths, relabellings.seed)
    if not kernels:
        return Tested(-1.0, 1.0, np.zeros(samples.n), folds)
    told = discrepancies(points, relabellings, folds, kernels, memory_mib)
    ranks = np.stack([_p_values(one.statistics) for one in told])
    least = -ranks.min(axis=0)
    units = np.array([[one.unit] for one in told])
    chosen = (np.stack([one.outside for one in told]) / units).argmax(axis=0)[folds]
    witness = np.take_along_axis(np.stack([one.witness for one in told]), chosen[None], axis=0)[0]
    best = told[int(ranks[:, 0].argmin())].kernel
    details = {"kernel": best.shape, "bandwidth": best.bandwidth, "exact": fits(samples.n, memory_mib)}
    return Tested(float(least[0]), relabellings.p_value(least), witness, folds, details)


def _p_values(statistics: NDArray[np.float64]) -> NDArray[np.float64]:
    """For every relabelling, the share of all of them that are at least as extreme as it is."""
    slack = _TIE * float(np.abs(statistics).max())
    below = np.searchsorted(np.sort(statistics), statistics - slack)
    return np.asarray(1 - below / len(statistics))
