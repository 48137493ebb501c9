"""Permutation tests: what chance alone would have done to the labels of the data at hand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

Alternative: TypeAlias = Literal["two-sided", "greater", "less"]
EXACT_UP_TO = 20
_BLOCK = 4_000_000
_TIE = 1e-12


@dataclass(frozen=True, slots=True)
class PermutationTest:
    """The verdict of a permutation test.

    Attributes:
        p: The probability, were the labels arbitrary, of a statistic at least as extreme as the observed one.
        n: Number of pairs.
        alternative: What counts as extreme.
        permutations: How many were looked at: all of them where ``exact``, else drawn ones and the observed one.
        exact: Whether ``p`` is free of chance.
        clusters: How many clusters of pairs were flipped as one, where they were told.
    """

    p: float
    n: int
    alternative: Alternative
    permutations: int
    exact: bool
    clusters: int | None = None


def paired_permutation_test(
    differences: Sequence[float] | NDArray[np.float64],
    alternative: Alternative = "two-sided",
    *,
    resamples: int = 9_999,
    seed: int = 0,
) -> PermutationTest:
    """Whether paired values differ, by flipping the signs of their differences.

    R. A. Fisher, The Design of Experiments (1935), section 21: were it chance which of a pair is which, every choice of
    signs would be as likely as the observed one. All choices are looked at where at most 20 differences are not zero;
    otherwise ``resamples`` of them, and the observed one is counted among them, so that the level is kept exactly
    (Phipson and Smyth, Permutation p-values should never be zero, 2010, arXiv:1603.05766).

    Args:
        differences: One a pair, not empty, finite.
        alternative: ``greater`` asks whether they are above zero, ``less`` whether below.
        resamples: Choices of signs to draw where there are too many for all.
        seed: Of the draws.

    Raises:
        ValueError: The differences are empty or not finite.
    """
    sample = np.asarray(differences, dtype=np.float64)
    if sample.ndim != 1 or not len(sample) or not np.isfinite(sample).all():
        raise ValueError("differences are a sequence of at least one finite number")
    moving = sample[sample != 0]
    slack = _TIE * float(np.abs(moving).sum())
    exact = len(moving) <= EXACT_UP_TO
    sums = _all_sums(moving) if exact else _drawn_sums(moving, resamples, np.random.default_rng(seed))
    observed = float(moving.sum())
    match alternative:
        case "two-sided":
            extreme = np.abs(sums) >= abs(observed) - slack
        case "greater":
            extreme = sums >= observed - slack
        case "less":
            extreme = sums <= observed + slack
    own = 0 if exact else 1
    looked_at = len(sums) + own
    return PermutationTest((int(extreme.sum()) + own) / looked_at, len(sample), alternative, looked_at, exact)


def _all_sums(differences: NDArray[np.float64]) -> NDArray[np.float64]:
    """The sum under each of the 2^n choices of signs."""
    sums = np.zeros(1)
    for difference in differences:
        sums = np.concatenate([sums + difference, sums - difference])
    return sums


def _drawn_sums(differences: NDArray[np.float64], count: int, random: np.random.Generator) -> NDArray[np.float64]:
    """The sums under random choices of signs, in blocks of bounded memory."""
    block = max(1, _BLOCK // len(differences))
    parts = [
        2 * (random.integers(2, size=(min(block, count - start), len(differences)), dtype=np.int8) @ differences)
        for start in range(0, count, block)
    ]
    return np.asarray(np.concatenate(parts) - differences.sum(), dtype=np.float64)
