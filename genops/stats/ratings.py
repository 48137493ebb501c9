"""Ratings of many from comparisons of two: Bradley and Terry's model."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from genops.stats.clusters import Clusters, cluster_codes
from genops.stats.distributions import student_quantile
from genops.stats.interval import Floats, Interval, check_level
from genops.stats.logistic import fit_logistic

METHOD = "Bradley-Terry, ties as half wins"


@dataclass(frozen=True, slots=True)
class Rating:
    """One of those compared.

    Attributes:
        name: Who it is.
        strength: The logarithm of its odds against one of average strength, with an interval; ``n`` is the number of
            its comparisons.
        wins: Comparisons that it won.
        ties: Comparisons that nobody won.
        losses: Comparisons that it lost.
    """

    name: Any
    strength: Interval
    wins: int
    ties: int
    losses: int

    @property
    def win_rate(self) -> float:
        """The probability of winning against one of average strength."""
        from scipy import special

        return float(special.expit(self.strength.estimate))


def bradley_terry(
    first: Sequence[Hashable],
    second: Sequence[Hashable],
    outcomes: Sequence[float] | Floats,
    clusters: Clusters | None = None,
    level: float = 0.95,
    *,
    ridge: float = 0.1,
) -> tuple[Rating, ...]:
    """Rate all that were compared, the strongest first.

    R. Bradley and M. Terry, Rank analysis of incomplete block designs, Biometrika 39 (1952): the odds of i against j
    are exp(strength of i - strength of j). Strengths sum to zero. A small ridge keeps the strength of one that never
    lost finite, and pulls those of others by about 4 x ridge / comparisons. Intervals are by the sandwich covariance,
    which knows of ties and clusters, and Student's t; where all comparisons of one went the same way, by the model's.

    Args:
        first: Who is compared in each comparison.
        second: With whom.
        outcomes: 1 where the first won, 0 where the second did, 0.5 for a tie.
        clusters: The cluster of each comparison, as the case that both answered; None where each stands alone.
        level: Of confidence.
        ridge: The penalty on the squares of strengths.

    Raises:
        ValueError: The lengths differ, there are no comparisons, one is with itself, or an outcome is another.
    """
    check_level(level)
    result = np.asarray(outcomes, dtype=np.float64)
    if not len(first) == len(second) == len(result) or not len(first):
        raise ValueError("each comparison has a first, a second and an outcome, and there is at least one")
    if not np.isin(result, (0.0, 0.5, 1.0)).all():
        raise ValueError("an outcome is 1, 0 or 0.5")
    names = list(dict.fromkeys([*first, *second]))
    numbers = {name: number for number, name in enumerate(names)}
    left, right = (np.array([numbers[name] for name in side]) for side in (first, second))
    if (left == right).any():
        raise ValueError(f"{first[int(np.argmax(left == right))]!r} is compared with itself")
    codes, count = cluster_codes(clusters, len(result))
    rows = np.arange(len(result))
    design = np.zeros((len(result), len(names)))
    design[rows, left], design[rows, right] = 1, -1
    fit = fit_logistic(design, result, codes, count, ridge)
    centre = np.eye(len(names)) - 1 / len(names)
    strengths = centre @ fit.coefficients
    robust, model = (np.sqrt(np.diag(centre @ cov @ centre)) for cov in (fit.robust, fit.model))
    tallies = _tallies(left, right, result, len(names))
    method = f"{METHOD}, sandwich"
    t = student_quantile(max(1, count - 1), (1 + level) / 2)
    ratings = []
    for name, strength, error, cautious, (wins, ties, losses) in zip(
        names, strengths, robust, model, tallies.tolist(), strict=True
    ):
        alike = sum(map(bool, (wins, ties, losses))) == 1  # what scatters not tells the sandwich nothing
        reach = t * float(cautious if alike else error)
        bounds = None if count == 1 else (float(strength) - reach, float(strength) + reach)
        missing = "" if bounds else "one cluster tells nothing of the spread"
        known = Interval(
            float(strength), bounds, level, wins + ties + losses, method, missing, None if clusters is None else count
        )
        ratings.append(Rating(name, known, wins, ties, losses))
    return tuple(sorted(ratings, key=lambda rating: -rating.strength.estimate))


def _tallies(left: NDArray[np.intp], right: NDArray[np.intp], result: Floats, size: int) -> NDArray[np.intp]:
    """Wins, ties and losses of each."""
    sides = [(left, result), (right, 1 - result)]
    return np.column_stack(
        [sum(np.bincount(side[own == points], minlength=size) for side, own in sides) for points in (1.0, 0.5, 0.0)]
    )
