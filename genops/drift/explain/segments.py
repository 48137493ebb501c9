"""In which segment: which rows carry the change, and whether these changed or only became more.

The separation is the mean of a score of the current rows, less that of the reference's, which is 0: of each row, how
much more of the reference lies below its witness than above. The difference of two means is parted by segments as
E. Kitagawa, Components of a difference between two rates, Journal of the American Statistical Association 50 (1955):
what changed **inside** of a segment, at the mean of its shares before and now, and what the **mix** did, a segment of
unusual rows having become larger or smaller. A segment that only one window has is mix and nothing else.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from genops.drift.effect import separation
from genops.drift.samples import Codes, Samples
from genops.drift.shares import change_interval, share_interval
from genops.errors import InputError
from genops.stats import Interval

MOST = 20
OTHER = "(others)"
NONE = "(none)"
RESAMPLES = 500
METHOD = "Kitagawa's parts, percentile bootstrap of groups"
_BLOCK = 2_000_000
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Segment:
    """Rows of one label.

    Attributes:
        label: What they have in common.
        rows: In the reference, and now.
        share: Change of their share of all rows.
        separation: Within them; no bounds where one window has none of them.
        inside: What of the whole separation is that they changed.
        mix: What of it is that there are more or fewer of them.
    """

    label: str
    rows: tuple[int, int]
    share: Interval
    separation: Interval
    inside: Interval
    mix: Interval


@dataclass(frozen=True, slots=True)
class Segments:
    """The whole change, parted by segments: ``whole`` is ``inside`` and ``mix`` together.

    Attributes:
        by: What rows are told apart by: ``tenant``, ``language``.
        whole: The separation of the windows.
        inside: What of it is change inside of segments.
        mix: What of it is a change of their shares.
        segments: Those that carry most first; what they carry adds up to ``inside`` and ``mix``.
    """

    by: str
    whole: Interval
    inside: Interval
    mix: Interval
    segments: tuple[Segment, ...]


def find_segments(
    by: str,
    labels: Sequence[Hashable],
    samples: Samples,
    witness: Floats,
    folds: Codes | None = None,
    *,
    most: int = MOST,
    resamples: int = RESAMPLES,
    seed: int = 0,
    level: float = 0.95,
) -> Segments:
    """Parts the separation of two windows by what rows are told apart by.

    Args:
        by: Its name.
        labels: Of each row, those of the reference first; None and empty are one label of their own.
        samples: The rows.
        witness: How much each row speaks for the current window.
        folds: Of each row, where each fold's witness has a scale of its own; None where all have one.
        most: Labels to tell apart, those of most rows; the rest is one.
        resamples: For the intervals.
        seed: Of the draws.
        level: Of confidence.

    Raises:
        InputError: There is not a label for each row.
    """
    if len(labels) != samples.n:
        raise InputError(f"{samples.n} rows have {samples.n} labels of {by!r}, not {len(labels)}")
    own = np.zeros(samples.n, np.intp) if folds is None else folds
    names, codes = _coded(labels, most)
    score, weight = scores(samples, witness, own)
    parts, drawn = _parted(samples, codes, len(names), (weight, weight * score), resamples, seed)

    def interval(estimate: float, values: Floats) -> Interval:
        return _interval(estimate, values, samples, level)

    windows = ~samples.is_current, samples.is_current
    found = []
    for number, name in enumerate(names):
        inside = codes == number
        shares = [share_interval(inside[rows], samples.groups[rows], level) for rows in windows]
        found.append(
            Segment(
                name,
                (int((inside & windows[0]).sum()), int((inside & windows[1]).sum())),
                change_interval(shares[0], shares[1]),
                within(samples, witness, own, inside, level),
                interval(parts[0, number], drawn[:, 0, number]),
                interval(parts[1, number], drawn[:, 1, number]),
            )
        )
    found.sort(key=lambda segment: -abs(segment.inside.estimate + segment.mix.estimate))
    return Segments(
        by,
        separation(samples, witness, own, level),
        interval(parts[0].sum(), drawn[:, 0].sum(axis=1)),
        interval(parts[1].sum(), drawn[:, 1].sum(axis=1)),
        tuple(found),
    )


def scores(samples: Samples, witness: Floats, folds: Codes) -> tuple[Floats, Floats]:
    """Of each row, the share of the reference in its fold below its witness less the share above; and its weight.

    The weighted mean over the current rows is the separation (folds weigh as there), over those of the reference 0.

    Args:
        samples: The rows.
        witness: Of each.
        folds: Of each.
    """
    found, weight = np.zeros(samples.n), np.zeros(samples.n)
    for fold in np.unique(folds):
        inside = np.flatnonzero(folds == fold)
        before, now = inside[inside < samples.reference], inside[inside >= samples.reference]
        if not len(before) or not len(now):
            continue
        reference = np.sort(witness[before])
        below = np.searchsorted(reference, witness[inside], "left")
        above = len(before) - np.searchsorted(reference, witness[inside], "right")
        found[inside] = (below - above) / len(before)
        weight[before], weight[now] = len(now) / len(inside), len(before) / len(inside)
    return found, weight


def within(samples: Samples, witness: Floats, folds: Codes, rows: NDArray[np.bool_], level: float = 0.95) -> Interval:
    """The separation of some of the rows.

    Args:
        samples: All rows.
        witness: Of each.
        folds: Of each.
        rows: Which of them.
        level: Of confidence.
    """
    reference = int(rows[: samples.reference].sum())
    if not 0 < reference < rows.sum():
        missing = "one window has none of them"
        return Interval(float("nan"), None, level, int(rows.sum()), METHOD, missing)
    groups = np.unique(samples.groups[rows], return_inverse=True)[1]
    part = replace(samples, values=samples.values[rows], reference=reference, groups=groups, contexts=None)
    return separation(part, witness[rows], folds[rows], level)


def _coded(labels: Sequence[Hashable], most: int) -> tuple[list[str], Codes]:
    named = [NONE if label is None or label == "" else str(label) for label in labels]
    frequent = [name for name, _ in sorted(Counter(named).items(), key=lambda item: (-item[1], item[0]))]
    kept = frequent if len(frequent) <= most else frequent[: most - 1]
    number = {name: code for code, name in enumerate(kept)}
    codes = np.array([number.get(name, len(kept)) for name in named], np.intp)
    return [*kept, OTHER] if len(kept) < len(frequent) else kept, codes


def _parted(
    samples: Samples, codes: Codes, count: int, summed: tuple[Floats, Floats], resamples: int, seed: int
) -> tuple[Floats, Floats]:
    """What each segment adds, inside and by mix, of shape (2, segments); and of each resample."""
    random = np.random.default_rng([seed, 6])
    sizes, sums = [], []
    for rows in (slice(0, samples.reference), slice(samples.reference, samples.n)):
        names, groups = np.unique(samples.groups[rows], return_inverse=True)
        cells = groups * count + codes[rows]
        tables = [np.bincount(cells, values[rows], len(names) * count).reshape(len(names), count) for values in summed]
        drawn = [table.sum(axis=0)[None] for table in tables]
        for step in _steps(resamples, len(names)):
            times = random.multinomial(len(names), np.full(len(names), 1 / len(names)), step).astype(np.float64)
            drawn = [np.concatenate([so_far, times @ table]) for so_far, table in zip(drawn, tables, strict=True)]
        sizes.append(drawn[0])
        sums.append(drawn[1])
    found = _kitagawa(sizes[0], sums[0], sizes[1], sums[1])
    return found[0], found[1:]


def _kitagawa(size_before: Floats, sum_before: Floats, size_now: Floats, sum_now: Floats) -> Floats:
    """Inside and mix of each segment, of shape (resamples, 2, segments)."""
    before, now = (size / np.maximum(size.sum(axis=1, keepdims=True), 1e-300) for size in (size_before, size_now))
    means = [total / np.where(size > 0, size, 1) for total, size in ((sum_before, size_before), (sum_now, size_now))]
    mean_before = np.where(size_before > 0, means[0], means[1])
    mean_now = np.where(size_now > 0, means[1], means[0])
    usual = ((before * mean_before + now * mean_now).sum(axis=1, keepdims=True)) / 2
    inside = (before + now) / 2 * (mean_now - mean_before)
    mix = (now - before) * ((mean_now + mean_before) / 2 - usual)
    return np.stack([inside, mix], axis=1)


def _interval(estimate: float, drawn: Floats, samples: Samples, level: float) -> Interval:
    groups = int(samples.groups.max()) + 1
    clusters = groups if groups < samples.n else None
    fewest = min(
        len(np.unique(samples.groups[: samples.reference])), len(np.unique(samples.groups[samples.reference :]))
    )
    if fewest < 2:
        missing = "one group of a window tells nothing of the spread"
        return Interval(float(estimate), None, level, samples.n, METHOD, missing, clusters)
    low, high = np.quantile(drawn, [(1 - level) / 2, (1 + level) / 2]).tolist()
    return Interval(float(estimate), (low, high), level, samples.n, METHOD, "", clusters)


def _steps(resamples: int, groups: int) -> list[int]:
    step = max(1, _BLOCK // groups)
    return [min(step, resamples - start) for start in range(0, resamples, step)]
