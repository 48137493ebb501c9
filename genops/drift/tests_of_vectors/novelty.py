"""Novelty: whether more rows than expected are far from everything that the reference has."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated

import numpy as np
from numpy.typing import NDArray
from pydantic import Field
from scipy import stats

from genops.drift.relabelling import Relabellings
from genops.drift.samples import Samples
from genops.drift.two_sample import Tested, two_sample

ROWS = 10_000
"""Of both windows together; of more, whole groups are drawn. 999 relabellings of so many take three seconds."""
_MOST_UNEVEN = 9
_MISSED = 1e-6
_BLOCK = 4_000_000
Floats = NDArray[np.float32]


@two_sample("novelty", of="vectors")
def novelty(
    samples: Samples,
    relabellings: Relabellings,
    neighbour: Annotated[int, Field(ge=1, le=50)] = 3,
    beyond: Annotated[float, Field(gt=0, lt=0.5)] = 0.05,
) -> Tested:
    """The share of current rows that are farther from the reference than all but a few of its own rows.

    A row is as far as its k-th nearest row of the reference, rows of its own group left out, so that a row of the
    reference is no neighbour of itself. The statistic is the share of current rows beyond that quantile of the
    reference's own distances. Neighbours and quantile are found anew under each relabelling, from lists of each row's
    nearest rows of both windows, so that the p-value is exact: it needs no share that ought to be expected.

    The witness is the distance. It looks for what is new: rows that are missing now are no novelty.

    Args:
        samples: Of vectors.
        relabellings: Which calibrate it.
        neighbour: k.
        beyond: Share of the reference's rows that count as far.
    """
    chosen = _drawn(samples, relabellings.seed)
    part = replace(
        samples,
        values=samples.values[chosen],
        reference=int((chosen < samples.reference).sum()),
        groups=np.unique(samples.groups[chosen], return_inverse=True)[1],
        contexts=None if samples.contexts is None else samples.contexts[chosen],
    )
    drawn = relabellings
    if part.n < samples.n:
        drawn = Relabellings.draw(part, relabellings.count, relabellings.seed)
    found = _neighbours(part, _list_length(part, neighbour))
    shares = np.empty(1 + drawn.count)
    observed, threshold = np.zeros(part.n), 0.0
    for column in range(1 + drawn.count):
        current = drawn.current[:, column]
        far = _distances(part, found, ~current, neighbour)
        limit = _quantile(far[~current], beyond)
        shares[column] = (far[current] > limit).mean()
        if not column:
            observed, threshold = far, limit
    witness = np.empty(samples.n)
    witness[chosen] = observed
    rest = np.setdiff1d(np.arange(samples.n), chosen)
    witness[rest] = _to(samples.values[rest], None, part.values[: part.reference], None, neighbour)
    finite = np.isfinite(witness)
    witness[~finite] = witness.max(where=finite, initial=0)
    details = {"share": float(shares[0]), "threshold": min(threshold, float(witness.max())), "rows": part.n}
    return Tested(float(shares[0]), drawn.p_value(shares), witness, np.zeros(samples.n, np.intp), details)


def _drawn(samples: Samples, seed: int) -> NDArray[np.intp]:
    """Rows of whole groups of either window: all, or about an equal part of both, and none far smaller."""
    fewer = min(samples.reference, samples.current)
    most = min(ROWS - min(fewer, ROWS // 2), _MOST_UNEVEN * fewer)
    if max(samples.reference, samples.current) <= most:
        return np.arange(samples.n)
    random = np.random.default_rng([seed, 3])
    found = []
    for own in (samples.groups[: samples.reference], samples.groups[samples.reference :]):
        names, sizes = np.unique(own, return_counts=True)
        order = random.permutation(len(names))
        count = max(1, int(np.searchsorted(np.cumsum(sizes[order]), most, side="right")))
        found.append(names[order[:count]])
    return np.flatnonzero(np.isin(samples.groups, np.concatenate(found)))


def _list_length(samples: Samples, neighbour: int) -> int:
    """So many that fewer than ``neighbour`` of them are hardly ever of the reference."""
    lengths = np.arange(neighbour, samples.n)
    enough = stats.binom.cdf(neighbour - 1, lengths, samples.reference / samples.n) <= _MISSED
    return int(lengths[enough.argmax()]) if enough.any() else samples.n


def _neighbours(samples: Samples, count: int) -> tuple[Floats, NDArray[np.int32]]:
    """Distances to the nearest rows of other groups and which these are, of shape (n, count), the nearest first."""
    values = samples.values - samples.values.mean(axis=0)
    squares = np.einsum("ij,ij->i", values, values)
    distances = np.empty((samples.n, count), np.float32)
    rows = np.empty((samples.n, count), np.int32)
    step = max(1, _BLOCK // samples.n)
    for start in range(0, samples.n, step):
        part = slice(start, start + step)
        apart = squares[part, None] + squares - 2 * (values[part] @ values.T)
        apart[samples.groups[part, None] == samples.groups] = np.inf
        nearest = np.argpartition(apart, count - 1, axis=1)[:, :count] if count < samples.n else np.argsort(apart)
        found = np.take_along_axis(apart, nearest, axis=1)
        order = np.argsort(found, axis=1)
        distances[part] = np.sqrt(np.maximum(np.take_along_axis(found, order, axis=1), 0))
        rows[part] = np.take_along_axis(nearest, order, axis=1)
    return distances, rows


def _distances(
    samples: Samples, found: tuple[Floats, NDArray[np.int32]], reference: NDArray[np.bool_], neighbour: int
) -> NDArray[np.float64]:
    """Of each row to its k-th neighbour that is of the reference: from its list, or anew where that has too few."""
    distances, rows = found
    reached = np.cumsum(reference[rows] & np.isfinite(distances), axis=1, dtype=np.int16) >= neighbour
    far = np.asarray(distances[np.arange(samples.n), reached.argmax(axis=1)], dtype=np.float64)
    missed = np.flatnonzero(~reached[:, -1])
    if len(missed):
        others = samples.values[reference], samples.groups[reference]
        far[missed] = _to(samples.values[missed], samples.groups[missed], *others, neighbour)
    return far


def _quantile(distances: NDArray[np.floating], beyond: float) -> float:
    """The least of them that no more than the given share are beyond."""
    place = max(0, int(np.ceil((1 - beyond) * len(distances) - 1e-9)) - 1)
    return float(np.partition(distances, place)[place])


def _to(
    values: Floats,
    groups: NDArray[np.intp] | None,
    reference: Floats,
    reference_groups: NDArray[np.intp] | None,
    neighbour: int,
) -> NDArray[np.float64]:
    """Distances of rows to their k-th nearest row of the reference that is of another group."""
    found = np.full(len(values), np.inf)
    if neighbour > len(reference):
        return found
    centre = reference.mean(axis=0)
    reference = reference - centre
    squares = np.einsum("ij,ij->i", reference, reference)
    step = max(1, _BLOCK // len(reference))
    for start in range(0, len(values), step):
        part = values[start : start + step] - centre
        apart = np.einsum("ij,ij->i", part, part)[:, None] + squares - 2 * (part @ reference.T)
        if groups is not None and reference_groups is not None:
            apart[groups[start : start + step, None] == reference_groups] = np.inf
        nearest = np.partition(apart, neighbour - 1, axis=1)[:, neighbour - 1]
        found[start : start + step] = np.sqrt(np.maximum(nearest, 0))
    return found
