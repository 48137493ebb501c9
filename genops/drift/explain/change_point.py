"""Since when: the time at which a series of values changed most.

The series is that of a witness or a descriptor over all rows in the order of their times. For each time at which it
could be cut, the ranks before and after are compared: the cumulated sum of E. S. Page, Continuous inspection schemes,
Biometrika 41 (1954), on ranks as by A. N. Pettitt, A non-parametric approach to the change-point problem, Journal of
the Royal Statistical Society C 28 (1979), in units of its own spread at each cut (B. James, K. James and D. Siegmund,
Tests for a change-point, Biometrika 74, 1987). The greatest of them is calibrated by dealing the groups out to the
times anew; the interval of the time is by bootstrap within both parts, times kept.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from genops.drift.effect import separation
from genops.drift.relabelling import RELABELLINGS
from genops.drift.samples import Labels, Samples
from genops.errors import InputError
from genops.stats import Interval, cluster_mean_interval
from genops.stats.clusters import cluster_codes

EDGE = 0.05
"""Share of the groups that either part has at the least: at the ends, single rows look like changes."""
RESAMPLES = 500
_BLOCK = 2_000_000
_TIE = 1e-9
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class ChangePoint:
    """The time at which a series changed most.

    Attributes:
        at: Nanoseconds since the epoch: of the first row after the change.
        low: The earliest that it may have been.
        high: The latest.
        level: Of confidence.
        p: How often chance alone makes a cut that parts the series as much.
        least_p: The least that it can be.
        relabellings: How many were drawn.
        row: The first row after the change.
        rows: Before and after.
        before: Mean of the values before.
        after: Mean of the values after.
        separation: Of the rows after from those before; somewhat too great, as the cut was chosen for it.
    """

    at: int
    low: int
    high: int
    level: float
    p: float
    least_p: float
    relabellings: int
    row: int
    rows: tuple[int, int]
    before: Interval
    after: Interval
    separation: Interval


def find_change_point(
    values: Floats,
    times: NDArray[np.int64],
    groups: Labels | None = None,
    *,
    relabellings: int = RELABELLINGS,
    resamples: int = RESAMPLES,
    seed: int = 0,
    level: float = 0.95,
) -> ChangePoint | None:
    """Finds the time at which values changed most; None where they cannot be cut.

    A group is where its first row is, and whole groups are dealt out. Rows of one time cannot be told apart, so that no
    cut is made between them. A series has one such time; of several changes it is the one that parts it most.

    Args:
        values: Of the rows, in any order, of shape (n,).
        times: Of the rows, nanoseconds since the epoch.
        groups: Of the rows; None where each stands alone.
        relabellings: How many to draw.
        resamples: For the interval of the time.
        seed: Of the draws.
        level: Of confidence.

    Raises:
        InputError: There is not a time for each value, or a value is not finite.
    """
    if values.shape != times.shape or values.ndim != 1:
        raise InputError(f"{len(values)} values have {len(values)} times, not {len(times)}")
    if not np.isfinite(values).all():
        raise InputError("a value of the series is no finite number", hint="leave such rows out, and say how many")
    codes, count = cluster_codes(groups, len(values))
    units = _Units.of(values, times, codes, count)
    if not len(units.cuts):
        return None
    random = np.random.default_rng([seed, 5])
    observed = _parting(units.deviations[None], units.cuts)[0]
    place = int(observed.argmax())
    greatest = np.concatenate(
        [
            _parting(random.permuted(np.tile(units.deviations, (size, 1)), axis=1), units.cuts).max(axis=1)
            for size in _sizes(relabellings, count)
        ]
    )
    p = (1 + int((greatest >= observed[place] * (1 - _TIE)).sum())) / (1 + relabellings)
    cut = int(units.cuts[place])
    found = np.concatenate([units.resampled(cut, size, random) for size in _sizes(resamples, count)])
    low, high = np.quantile(found, [(1 - level) / 2, (1 + level) / 2], method="nearest").astype(int)
    after = np.isin(codes, units.order[cut:])
    parts = [cluster_mean_interval(values[own], codes[own], level=level) for own in (~after, after)]
    rows = np.flatnonzero(after)
    return ChangePoint(
        int(units.times[cut]),
        int(units.times[low]),
        int(units.times[high]),
        level,
        p,
        1 / (1 + relabellings),
        relabellings,
        int(rows[times[rows].argmin()]),
        (int((~after).sum()), int(after.sum())),
        parts[0],
        parts[1],
        _separation(values, codes, after, level),
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Units:
    """Groups in the order of time.

    Attributes:
        order: Number of the group at each place.
        times: Of each place.
        sums: Of the ranks of its rows.
        sizes: How many rows it has.
        cuts: Places before which the series may be cut.
    """

    order: NDArray[np.intp]
    times: NDArray[np.int64]
    sums: Floats
    sizes: Floats
    cuts: NDArray[np.intp]

    @classmethod
    def of(cls, values: Floats, times: NDArray[np.int64], codes: NDArray[np.intp], count: int) -> _Units:
        first = np.full(count, np.iinfo(np.int64).max)
        np.minimum.at(first, codes, times)
        order = np.argsort(first, kind="stable")
        sums = np.asarray(np.bincount(codes, stats.rankdata(values) / len(values), count)[order], dtype=np.float64)
        sizes = np.bincount(codes, minlength=count)[order].astype(np.float64)
        edge = max(1, int(np.ceil(EDGE * count)))
        cuts = np.arange(edge, count - edge + 1)
        cuts = cuts[(cuts > 0) & (cuts < count)]
        return cls(order, first[order], sums, sizes, cuts[first[order][cuts] > first[order][cuts - 1]])

    @property
    def deviations(self) -> Floats:
        """How far the sum of each group is from what the mean of all rows makes it."""
        return np.asarray(self.sums - self.sizes * (self.sums.sum() / self.sizes.sum()))

    def resampled(self, cut: int, count: int, random: np.random.Generator) -> NDArray[np.intp]:
        """Where resamples of both parts are parted most."""
        places = len(self.sums)
        chosen = np.concatenate(
            [random.integers(cut, size=(count, cut)), random.integers(cut, places, size=(count, places - cut))], axis=1
        )
        sums, sizes = self.sums[chosen], self.sizes[chosen]
        mean = sums.sum(axis=1, keepdims=True) / sizes.sum(axis=1, keepdims=True)
        return np.asarray(self.cuts[_parting(sums - sizes * mean, self.cuts).argmax(axis=1)])


def _parting(deviations: Floats, cuts: NDArray[np.intp]) -> Floats:
    """How far each cut parts each series, in units of what chance makes of it, of shape (series, cuts)."""
    places = deviations.shape[1]
    reached = np.cumsum(deviations, axis=1)[:, cuts - 1]
    return np.asarray(np.abs(reached) / np.sqrt(cuts * (places - cuts)))


def _sizes(total: int, units: int) -> list[int]:
    """How many series at a time, in bounded memory."""
    step = max(1, _BLOCK // units)
    return [min(step, total - start) for start in range(0, total, step)]


def _separation(values: Floats, codes: NDArray[np.intp], after: NDArray[np.bool_], level: float) -> Interval:
    rows = np.concatenate([np.flatnonzero(~after), np.flatnonzero(after)])
    old, new = codes[~after].tolist(), codes[after].tolist()
    samples = Samples.of_numbers(values[~after], values[after], groups=(old, new))
    return separation(samples, values[rows], np.zeros(len(values), np.intp), level)
