"""The smallest share of a new topic that a check of vectors would have found: by trial, as no formula tells it.

A formula (:func:`~genops.drift.sensitivity.visible_separation`) knows how far apart windows must be for a perfect
witness; how large a share of new rows that takes depends on the rows and on the test. So the reference is made to
change: of its rows a topic is held out, a row and those nearest to it; the others are dealt to two windows, and a share
of the one is replaced by rows of the topic. How often the test finds that, at some shares and for many topics, gives
the share that it finds with the wanted power.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from math import ceil, sqrt
from typing import Any

import numpy as np
from numpy.typing import NDArray

from genops.drift.samples import Labels, Samples
from genops.drift.sensitivity import POWER
from genops.drift.two_sample import find_test
from genops.errors import InputError
from genops.stats.clusters import cluster_codes

SHARES = (0.01, 0.015, 0.02, 0.03, 0.045, 0.065, 0.09, 0.13, 0.18, 0.25, 0.35, 0.5, 0.7)
"""Of which some are tried, by halving."""
_TOPIC, _LEAST, _RELABELLINGS = 0.1, 40, 999


@dataclass(frozen=True, slots=True)
class VisibleShare:
    """What a check would have found of a new topic.

    Attributes:
        share: Of the current rows, found with the wanted power; None where the largest share that was tried is not.
        power: That is wanted.
        trials: At each share, each with a topic of its own.
        reference: Rows of a trial's reference.
        current: Rows of its current window.
        scale: By which the share that is significant was multiplied, as the check's own windows are of another size:
            the deviation of a difference of means of theirs by that of the trials'. The share whose effect is large
            enough does not depend on the size.
    """

    share: float | None
    power: float
    trials: int
    reference: int
    current: int
    scale: float


def visible_share(
    vectors: NDArray[Any],
    current: int,
    *,
    groups: Labels | None = None,
    test: str = "mmd_fuse",
    alpha: float = 0.05,
    smallest: float = 0.0,
    power: float = POWER,
    trials: int = 20,
    rows: int = 300,
    seed: int = 0,
) -> VisibleShare:
    """Tries shares of held-out topics of the reference, in windows of bounded size.

    Args:
        vectors: Of the reference, of shape (n, d).
        current: Groups of the current window, or rows where each stands alone.
        groups: Of the reference's rows; of each one row is taken, which is the least that it can be worth.
        test: Of vectors, by name.
        alpha: What the p-value must be, corrections divided out.
        smallest: The least separation that alarms.
        power: To be reached.
        trials: At each share.
        rows: Of a trial's window, at most.
        seed: Of topics, windows and relabellings.

    Raises:
        InputError: The reference has fewer than 40 groups, or the current window has none.
    """
    random = np.random.default_rng([seed, 5])
    alone = _one_of_each(vectors, groups, random)
    if len(alone) < _LEAST or current < 1:
        raise InputError(f"a trial takes {_LEAST} groups of the reference and 1 now, not {len(alone)} and {current}")
    sizes = _sizes(len(alone), current, rows)
    scale = sqrt((1 / len(alone) + 1 / current) / (1 / sizes[0] + 1 / sizes[1]))
    relabellings = min(_RELABELLINGS, max(99, ceil(2 / alpha) - 1))

    @cache
    def tried(share: float) -> tuple[float, float]:
        results = [
            find_test(test).run(_changed(alone, sizes, share, [seed, trial]), relabellings=relabellings, seed=trial)
            for trial in range(trials)
        ]
        found = float(np.mean([one.p <= alpha for one in results]))
        return found, float(np.median([one.separation.estimate for one in results]))

    significant = _least(lambda share: tried(share)[0], power)
    large = _least(lambda share: tried(share)[1], smallest) if smallest > 0 else 0.0
    known = None if significant is None or large is None else max(significant * scale, large)
    return VisibleShare(None if known is None or known > 1 else known, power, trials, *sizes, scale)


def _one_of_each(vectors: NDArray[Any], groups: Labels | None, random: np.random.Generator) -> NDArray[np.float64]:
    order = random.permutation(len(vectors))
    if groups is not None:
        codes, _ = cluster_codes(groups, len(vectors))
        order = order[np.unique(codes[order], return_index=True)[1]]
    return np.asarray(vectors, dtype=np.float64)[order]


def _sizes(reference: int, current: int, rows: int) -> tuple[int, int]:
    """Rows of a trial's two windows: in the proportion of the check's own, out of what a topic leaves."""
    left = reference - ceil(_TOPIC * reference)
    part = min(left / (reference + current), rows / max(reference, current))
    return max(5, int(part * reference)), max(5, int(part * current))


def _changed(rows: NDArray[np.float64], sizes: tuple[int, int], share: float, seed: list[int]) -> Samples:
    """Two windows of a trial, the same for every share but for the rows that are replaced."""
    random = np.random.default_rng([*seed, 6])
    centre = rows[random.integers(len(rows))]
    order = np.argsort(((rows - centre) ** 2).sum(axis=1), kind="stable")
    topic, rest = np.split(order, [ceil(_TOPIC * len(rows))])
    dealt = random.permutation(rest)
    before, after = dealt[: sizes[0]], dealt[sizes[0] : sizes[0] + sizes[1]]
    count = round(share * len(after))
    new = random.permutation(topic)[np.arange(count) % len(topic)]
    return Samples.of_vectors(rows[before], rows[np.concatenate([new, after[count:]])])


def _least(reached: Callable[[float], float], wanted: float) -> float | None:
    """The share at which what rises with it reaches what is wanted, between two that are tried, by halving."""
    low, high = -1, len(SHARES)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if reached(SHARES[middle]) >= wanted else (middle, high)
    if high == len(SHARES):
        return None
    if low < 0:
        return SHARES[0]
    below, above = reached(SHARES[low]), reached(SHARES[high])
    part = (wanted - below) / (above - below)
    return float(SHARES[low] * (SHARES[high] / SHARES[low]) ** part)
