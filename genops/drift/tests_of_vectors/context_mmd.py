"""The discrepancy within known contexts: a changed mix of languages, tenants or topics is no drift to it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Annotated, Any

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, PositiveFloat

from genops.drift.kernels.kernel import Kernel, distances_of
from genops.drift.kernels.points import Points, median_kernel
from genops.drift.kernels.quadratic import quadratic_forms
from genops.drift.relabelling import Relabellings, least_p_value
from genops.drift.samples import Codes, Samples
from genops.drift.two_sample import FOLDS, Tested, two_sample
from genops.errors import InputError


@two_sample("context_mmd", of="vectors")
def context_mmd(
    samples: Samples,
    relabellings: Relabellings,
    alike: Annotated[float, Field(ge=0, le=1)] = 0.5,
    widths: Annotated[tuple[PositiveFloat, ...], Field(min_length=1)] = (0.5, 1.0, 2.0),
) -> Tested:
    """The squared MMD of the windows, both weighed to one mix of contexts; rows change sides within contexts alone.

    O. Cobb and A. Van Looveren, Context-aware drift detection, 2022, arXiv:2203.08644, with contexts that are known
    categories: the null is that the rows of each context are as they were, and how many there are of each may change.
    The conditional resampling by propensity is then exact: a context's rows change sides among themselves. Contexts
    count by their overlap, m n / (m + n) for m reference and n current rows (F. Li, K. L. Morgan and A. M. Zaslavsky,
    Balancing covariates via propensity score weighting, 2018, arXiv:1404.1785), so that one with few rows of a window
    adds little noise. One in which a window has no rows is left out, and told by its number.

    The kernel of two rows is a mean of Gaussian kernels, times ``alike`` where their contexts differ. The statistic is
    the sum of (K W) * W for the weights W of every relabelling. A group changes sides with the groups that have rows of
    the same contexts. The witness is cross-fitted, and rows are compared with those of their context. Memory is bounded
    whatever the number of rows; the time grows with its square.

    Args:
        samples: Of vectors, with contexts.
        relabellings: How many to draw, and their seed.
        alike: 0 where each context may change its own way, 1 where all change the same way.
        widths: Bandwidths, as multiples of the median distance of two rows.

    Raises:
        InputError: The rows have no contexts.
    """
    if samples.contexts is None:
        raise InputError("the rows have no contexts", hint="name what their context is, or use mmd_fuse")
    kept, contexts, shared = _in_both(samples, samples.contexts)
    folds = np.unique(samples.contexts, return_inverse=True)[1]
    witness = np.zeros(samples.n)
    details = _told(samples, samples.contexts, shared)
    if not len(shared):
        return Tested(0.0, 1.0, witness, folds, details, 1.0)
    drawn = Relabellings.draw(kept, relabellings.count, relabellings.seed)
    least_p = least_p_value(kept, relabellings.count)
    inside = np.isin(samples.contexts, shared)
    dealt = _folds(kept, relabellings.seed)
    folds[inside] += (1 + int(folds.max())) * dealt
    points = Points.of(kept)
    median = median_kernel(points, "gaussian", relabellings.seed)
    if median is None:
        return Tested(0.0, 1.0, witness, folds, details, least_p)
    details["median_distance"] = median.bandwidth * points.scale
    kernel = _Kernel(points, contexts, [replace(median, bandwidth=median.bandwidth * w) for w in widths], alike)

    def weights(part: slice) -> NDArray[np.float64]:
        return overlap_weights(contexts, drawn.current[:, part])

    others = _outside_folds(contexts, kept.is_current, dealt)
    statistics, products = quadratic_forms(kernel.entries, 1 + drawn.count, weights, others)
    witness[inside] = np.take_along_axis(products, dealt[:, None], axis=1)[:, 0]
    return Tested(float(statistics[0]), drawn.p_value(statistics), witness, folds, details, least_p)


@dataclass(frozen=True, slots=True, eq=False)
class _Kernel:
    """The kernel of all pairs of rows.

    Attributes:
        points: Of both windows.
        contexts: Of each row, from 0, of shape (n,).
        widths: The Gaussian kernels whose mean it is.
        alike: What rows of different contexts are multiplied by.
    """

    points: Points
    contexts: Codes
    widths: list[Kernel]
    alike: float

    def entries(self, rows: slice, columns: slice) -> NDArray[np.float64]:
        """Of some rows with some rows."""
        distances = distances_of("gaussian", self.points[rows], self.points[columns])
        same = np.equal(self.contexts[rows, None], self.contexts[columns])
        total = self.widths[0].values(distances)
        for kernel in self.widths[1:]:
            total += kernel.values(distances)
        total *= np.where(same, 1 / len(self.widths), self.alike / len(self.widths))
        return np.asarray(total)


def overlap_weights(contexts: Codes, current: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Of each row in a difference of means at one mix of contexts, by each relabelling's own counts.

    In units in which the difference has the same spread under every relabelling where nothing changed. A context with
    rows of one side only weighs nothing.

    Args:
        contexts: Of each row, of shape (n,).
        current: Whether each row is current, of shape (n, relabellings).

    Returns:
        Of shape (n, relabellings).
    """
    rows = np.bincount(contexts)
    inside = np.equal(contexts, np.arange(len(rows))[:, None]).astype(np.float32)
    share = (inside @ current.astype(np.float32)).astype(np.float64) / np.maximum(rows, 1)[:, None]
    overlap = (rows[:, None] * share * (1 - share)).sum(axis=0)
    weights = np.where(current, 1 - share[contexts], -share[contexts])
    return np.asarray(weights / np.sqrt(np.maximum(overlap, np.finfo(np.float64).tiny)))


def _in_both(samples: Samples, contexts: Codes) -> tuple[Samples, Codes, Codes]:
    """The rows of contexts that both windows have, their contexts numbered from 0, and these contexts' own numbers."""
    shared = np.intersect1d(contexts[: samples.reference], contexts[samples.reference :])
    kept = np.isin(contexts, shared)
    numbers = np.searchsorted(shared, contexts[kept])
    if kept.all() or not len(shared):
        return samples, numbers, shared
    groups = np.unique(samples.groups[kept], return_inverse=True)[1]
    reference = int(kept[: samples.reference].sum())
    values = samples.values[kept]
    return replace(samples, values=values, reference=reference, groups=groups, contexts=numbers), numbers, shared


def _folds(samples: Samples, seed: int) -> Codes:
    """A fold for each row: whole groups of each stratum and window are dealt out evenly, two or more to each fold."""
    strata = samples.strata
    random = np.random.default_rng([seed, 1])
    side = np.zeros(len(strata), dtype=np.intp)
    side[samples.groups[samples.reference :]] = 1
    counts = np.array([np.bincount(strata[side == which], minlength=int(strata.max()) + 1) for which in (0, 1)])
    folds = max(2, min(FOLDS, int(counts.min(axis=0).max()) // 2))
    fold_of_group = np.empty(len(strata), dtype=np.intp)
    fold_of_group[np.lexsort((random.random(len(strata)), strata, side))] = np.arange(len(strata)) % folds
    return np.asarray(fold_of_group[samples.groups])


def _outside_folds(contexts: Codes, current: NDArray[np.bool_], folds: Codes) -> NDArray[np.float64]:
    """For each fold a column with the weights of the rows outside it, as they are labelled."""
    columns = np.zeros((len(folds), int(folds.max()) + 1))
    for fold in range(columns.shape[1]):
        rest = folds != fold
        columns[rest, fold] = overlap_weights(contexts[rest], current[rest, None])[:, 0]
    return columns


def _told(samples: Samples, contexts: Codes, shared: Codes) -> dict[str, Any]:
    windows = contexts[: samples.reference], contexts[samples.reference :]
    return {
        "contexts": len(shared),
        "only_in_reference": np.setdiff1d(windows[0], shared).tolist(),
        "only_in_current": np.setdiff1d(windows[1], shared).tolist(),
        "rows_left_out": int((~np.isin(contexts, shared)).sum()),
    }
