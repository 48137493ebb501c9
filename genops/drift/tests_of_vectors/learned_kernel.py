"""The maximum mean discrepancy by a kernel that was learned on one half of the rows and is tried on the other."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Any

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, NonNegativeInt, PositiveFloat, PositiveInt

from genops.drift.kernels.deep import DeepKernel, learned
from genops.drift.kernels.points import Points, median_kernel
from genops.drift.kernels.quadratic import quadratic_forms
from genops.drift.relabelling import Relabellings, least_p_value
from genops.drift.samples import Codes, Samples
from genops.drift.two_sample import Tested, folds_of, two_sample

_BAND = 1_024


@two_sample("learned_kernel", of="vectors")
def learned_kernel(
    samples: Samples,
    relabellings: Relabellings,
    steps: NonNegativeInt = 50,
    units: PositiveInt = 30,
    rate: PositiveFloat = 0.01,
    batch: Annotated[int, Field(ge=2)] = 128,
) -> Tested:
    """The squared MMD of half of the rows, by the kernel that told the other half apart best.

    F. Liu et al., Learning deep kernels for non-parametric two-sample tests, 2020, arXiv:2002.09116. The kernel is
    ((1 - e) g(f(x), f(y)) + e) q(x, y), with Gaussian g and q and a small network f. Network, e and bandwidths are
    fitted, by gradient steps, to make the MMD large beside its spread, which is nearly to make the test powerful. The
    halves are of whole groups, and only groups of the half that was not learned from change sides, so that learning
    costs no validity, but half of the rows. It is worth that where the change has a shape that fixed kernels miss, and
    there are a few hundred rows or more; a plain shift is found sooner by any other test. The witness of either half is
    by the kernel of the other.

    Args:
        samples: Of vectors.
        relabellings: How many to draw, and their seed.
        steps: Of the fit; 0 for the kernel that it starts from.
        units: Of each of the network's two hidden layers, and of what it gives.
        rate: Of the steps (Adam).
        batch: Rows of either window that a step looks at.
    """
    points = Points.of(samples)
    folds = folds_of(samples, relabellings.seed, 2)
    median = median_kernel(points, "gaussian", relabellings.seed)
    if median is None:
        return Tested(0.0, 1.0, np.zeros(samples.n), folds)
    rows = points[:] / median.bandwidth
    kernels = []
    for fold in (0, 1):
        random = np.random.default_rng([relabellings.seed, 5, fold])
        start = DeepKernel.start(rows, units, random)
        current, reference = (rows[(folds == fold) & side] for side in (samples.is_current, ~samples.is_current))
        kernels.append(learned(start, current, reference, steps, rate, batch, random))
    witness = np.zeros(samples.n)
    for fold, kernel in enumerate(kernels):
        witness[folds != fold] = _witness(kernel, rows, samples.is_current, folds == fold)
    half = folds == 1
    details: dict[str, Any] = {"tried_on": int(half.sum()), "learned_on": int((~half).sum())}
    tried = _part(samples, half)
    if not 0 < tried.reference < tried.n:
        return Tested(0.0, 1.0, witness, folds, details, 1.0)
    drawn = Relabellings.draw(tried, relabellings.count, relabellings.seed)
    tried_rows, network = rows[half], kernels[0].features(rows[half])

    def entries(some: slice, others: slice) -> NDArray[np.float64]:
        return kernels[0].values(tried_rows[some], network[some], tried_rows[others], network[others])

    def weights(part: slice) -> NDArray[np.floating]:
        return replace(drawn, current=drawn.current[:, part]).weights()

    statistics, _ = quadratic_forms(entries, 1 + drawn.count, weights, np.empty((tried.n, 0)))
    least_p = least_p_value(tried, relabellings.count)
    return Tested(float(statistics[0]), drawn.p_value(statistics), witness, folds, details, least_p)


def _witness(
    kernel: DeepKernel, rows: NDArray[np.float64], current: NDArray[np.bool_], known: NDArray[np.bool_]
) -> NDArray[np.float64]:
    """Of each row that was not learned from: its mean kernel with the current rows learned from, less the reference."""
    n, m = int((known & current).sum()), int((known & ~current).sum())
    others, tried = rows[known], rows[~known]
    if not (n and m and len(tried)):
        return np.zeros(len(tried))
    weights = np.where(current[known], 1 / n, -1 / m)
    network = kernel.features(others)
    starts = range(0, len(tried), _BAND)
    bands = [tried[start : start + _BAND] for start in starts]
    return np.concatenate([kernel.values(band, kernel.features(band), others, network) @ weights for band in bands])


def _part(samples: Samples, chosen: NDArray[np.bool_]) -> Samples:
    groups: Codes = np.unique(samples.groups[chosen], return_inverse=True)[1]
    reference = int(chosen[: samples.reference].sum())
    contexts = None if samples.contexts is None else samples.contexts[chosen]
    return replace(samples, values=samples.values[chosen], reference=reference, groups=groups, contexts=contexts)
