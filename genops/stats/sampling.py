"""In which order to see the units of a dataset, and what a unit is worth while some of its values are unknown."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import repeat
from math import inf

import numpy as np
from numpy.typing import NDArray

from genops.stats.betting import Floats, Numbers
from genops.stats.clusters import checked_weights


def draw_order(weights: Numbers, seed: int) -> NDArray[np.intp]:
    """An order that draws each next unit from those left, in proportion to their weights.

    P. Efraimidis and P. Spirakis, Weighted random sampling with a reservoir, Information Processing Letters 97 (2006):
    by a waiting time for each unit, exponential with its weight as rate. This is the order that a claim about a
    ``FiniteDataset`` needs, with the total weight of each cluster that is seen as a whole. A claim about a
    ``Population`` needs one that is blind to weights: pass equal ones.

    Args:
        weights: One a unit, above zero.
        seed: The same seed and weights give the same order.

    Raises:
        ValueError: A weight is not finite and above zero.
    """
    rates = checked_weights(weights, len(weights))
    return np.argsort(np.random.default_rng(seed).exponential(size=len(rates)) / rates, kind="stable")


def drawn_weights(weights: Numbers, total_weight: float) -> Floats:
    """What each of the first units of a ``draw_order`` counts, so that they stand for the whole dataset.

    B. Rosén, On sampling with probability proportional to size, Journal of Statistical Planning and Inference 62
    (1997): its weight by the probability that it was drawn by now, 1 - exp(-weight x time), at the time by which units
    of the total weight are expected. Units of equal weights count the same; when all are seen, each counts its weight.

    Args:
        weights: Of the units that were drawn.
        total_weight: Of all units of the dataset.

    Raises:
        ValueError: A weight is not finite and above zero.
    """
    weight = checked_weights(weights, len(weights))
    early, late = 0.0, 50 / float(weight.min(initial=inf))
    for _ in range(60):
        time = (early + late) / 2
        drawn = -np.expm1(-weight * time)
        early, late = (time, late) if (weight / drawn).sum() > total_weight else (early, time)
    return np.asarray(weight / drawn, dtype=np.float64)


def mean_estimate(values: Numbers, weights: Numbers, total_weight: float) -> float:
    """The mean of a dataset of which the first units of a ``draw_order`` are known, each counted by ``drawn_weights``.

    Args:
        values: Of the units that are known.
        weights: Of these.
        total_weight: Of all units of the dataset.

    Raises:
        ValueError: There are no values, or a weight is not finite and above zero.
    """
    known = np.asarray(values, dtype=np.float64)
    if not len(known):
        raise ValueError("the mean of a dataset cannot be told from no values")
    return float(np.average(known, weights=drawn_weights(weights, total_weight)))


def mean_bounds(
    values: Numbers, weights: Numbers | None = None, ends: tuple[float, float] = (0.0, 1.0)
) -> tuple[float, float]:
    """The least and the most that the weighted mean of a unit can be, where unknown values are NaN.

    Args:
        values: Of the unit's parts, NaN where unknown.
        weights: Of the parts; None where all count the same.
        ends: Between which every value lies.

    Raises:
        ValueError: There are no values, or one is out of range, or a weight is not finite and above zero.
    """
    shares: Iterable[float] = repeat(1.0, len(values)) if weights is None else weights
    low = high = total = 0.0
    for value, weight in zip(values, shares, strict=True):  # numpy takes longer for so few
        least, most = (value, value) if value == value else ends
        if not ends[0] <= least <= most <= ends[1] or not 0 < weight < inf:
            raise ValueError(f"the values of a unit lie between {ends[0]} and {ends[1]}, and its weights above zero")
        low += weight * least
        high += weight * most
        total += weight
    if not total:
        raise ValueError("a unit has at least one value")
    return min(max(low / total, ends[0]), ends[1]), min(max(high / total, ends[0]), ends[1])
