"""The maximum mean discrepancy by one kernel."""

from __future__ import annotations

from typing import Annotated

import numpy as np
from pydantic import Field

from genops.drift.kernels.discrepancy import MEMORY_MIB, discrepancies, fits
from genops.drift.kernels.kernel import Kernel, Shape
from genops.drift.kernels.points import Points, median_kernel
from genops.drift.relabelling import Relabellings
from genops.drift.samples import Samples
from genops.drift.two_sample import Tested, folds_of, two_sample


@two_sample("mmd", of="vectors")
def mmd(
    samples: Samples,
    relabellings: Relabellings,
    kernel: Shape = "gaussian",
    bandwidth: Annotated[float, Field(gt=0)] | None = None,
    memory_mib: Annotated[int, Field(ge=0)] = MEMORY_MIB,
) -> Tested:
    """The unbiased squared maximum mean discrepancy by one kernel.

    A. Gretton et al., A kernel two-sample test, JMLR 13 (2012). One bandwidth sees changes of its own size: the median
    distance is that of the whole cloud, and misses what changes within one of several clusters; ``mmd_fuse`` does not.
    The witness of a row is its mean kernel with the current rows of the other folds, less that with the reference rows.

    Args:
        samples: Of vectors.
        relabellings: Which calibrate it.
        kernel: Its shape.
        bandwidth: In the unit of the vectors; None for the median distance of two rows.
        memory_mib: For a kernel matrix in float32: a larger one is approximated by random Fourier features.
    """
    points = Points.of(samples)
    folds = folds_of(samples, relabellings.seed)
    chosen = median_kernel(points, kernel, relabellings.seed)
    if chosen is None:
        return Tested(0.0, 1.0, np.zeros(samples.n), folds)
    if bandwidth is not None:
        chosen = Kernel(kernel, bandwidth / points.scale)
    (told,) = discrepancies(points, relabellings, folds, [chosen], memory_mib)
    details = {"bandwidth": told.kernel.bandwidth, "exact": fits(samples.n, memory_mib)}
    p = relabellings.p_value(told.statistics)
    return Tested(float(told.statistics[0]), p, told.witness, folds, details)
