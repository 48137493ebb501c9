"""MMD-FUSE: kernels of many widths fused into one statistic."""

from __future__ import annotations

from typing import Annotated

import numpy as np
from pydantic import Field
from scipy.special import logsumexp, softmax

from genops.drift.kernels.discrepancy import MEMORY_MIB, discrepancies, fits
from genops.drift.kernels.points import Points, kernel_collection
from genops.drift.kernels.prior import prior_weights
from genops.drift.relabelling import Relabellings
from genops.drift.samples import Samples
from genops.drift.two_sample import Tested, folds_of, two_sample


@two_sample("mmd_fuse", of="vectors")
def mmd_fuse(
    samples: Samples,
    relabellings: Relabellings,
    bandwidths: Annotated[int, Field(ge=2)] = 10,
    memory_mib: Annotated[int, Field(ge=0)] = MEMORY_MIB,
) -> Tested:
    """A soft maximum of the maximum mean discrepancies by Gaussian and Laplace kernels of many widths.

    F. Biggs, A. Schrab and A. Gretton, MMD-FUSE: learning and combining kernels for two-sample testing without data
    splitting, NeurIPS 2023, arXiv:2306.08777: log(sum over kernels of p exp(l M / √N)) / l, where M is a kernel's
    unbiased squared MMD, N its mean square over all pairs of rows, p its part in a prior without labels, and
    l = √(n (n - 1)) for n groups in the smaller window: groups, for these are what is independent, and their number is
    the same in every relabelling. The paper's experiments count all kernels alike; here those that are nearly the same
    share what one would have (:mod:`~genops.drift.kernels.prior`), which sees more where vectors have clusters.

    A row's witness is that of the kernels (see ``mmd``), each weighed by its part in the soft maximum on the rows
    outside the row's fold.

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
        return Tested(0.0, 1.0, np.zeros(samples.n), folds)
    told = discrepancies(points, relabellings, folds, kernels, memory_mib)
    units = np.array([[one.unit] for one in told])
    sharpness = _sharpness(samples)
    scores = sharpness * np.stack([one.statistics for one in told]) / units
    prior = prior_weights(points, kernels, relabellings.seed)[:, None]
    statistics = logsumexp(scores, axis=0, b=prior) / sharpness
    weights = softmax(sharpness * np.stack([one.outside for one in told]) / units + np.log(prior), axis=0)
    witness = np.einsum("kn,kn->n", weights[:, folds], np.stack([one.witness for one in told]))
    heaviest = told[int((scores[:, :1] + np.log(prior)).argmax())].kernel
    details = {"kernel": heaviest.shape, "bandwidth": heaviest.bandwidth, "exact": fits(samples.n, memory_mib)}
    return Tested(float(statistics[0]), relabellings.p_value(statistics), witness, folds, details)


def _sharpness(samples: Samples) -> float:
    windows = samples.groups[: samples.reference], samples.groups[samples.reference :]
    n = min(len(np.unique(window)) for window in windows)
    return float(np.sqrt(max(1, n * (n - 1))))
