"""Cases that are tried several times: pass@k, that one of k tries succeeds, and pass^k, that all of them do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from genops.stats.clusters import Clusters, cluster_mean_interval
from genops.stats.interval import Floats, Interval

Counts: TypeAlias = Sequence[int] | NDArray[np.integer]


def pass_at_k(
    successes: Counts, tries: Counts, k: int, clusters: Clusters | None = None, level: float = 0.95
) -> Interval:
    """The probability that at least one of k tries at a case succeeds, over cases, without bias.

    M. Chen et al., Evaluating large language models trained on code (2021), arXiv:2107.03374: the share of the choices
    of k among a case's tries that hold a success. The interval is that of a mean over cases.

    Args:
        successes: How many tries at each case succeeded.
        tries: How many there were, at least ``k``.
        k: How many tries one would make.
        clusters: The cluster of each case; None where each stands alone.
        level: Of confidence.

    Raises:
        ValueError: A case has fewer than ``k`` tries, or more successes than tries, or there are no cases.
    """
    passed, tried = _checked(successes, tries, k)
    return _over_cases(1 - share_of_choices(tried - passed, tried, k), f"pass@{k}", clusters, level)


def pass_hat_k(
    successes: Counts, tries: Counts, k: int, clusters: Clusters | None = None, level: float = 0.95
) -> Interval:
    """The probability that all of k tries at a case succeed, over cases, without bias.

    S. Yao et al., tau-bench: a benchmark for tool-agent-user interaction in real-world domains (2024),
    arXiv:2406.12045.

    Args:
        successes: How many tries at each case succeeded.
        tries: How many there were, at least ``k``.
        k: How many tries one would make.
        clusters: The cluster of each case; None where each stands alone.
        level: Of confidence.

    Raises:
        ValueError: A case has fewer than ``k`` tries, or more successes than tries, or there are no cases.
    """
    passed, tried = _checked(successes, tries, k)
    return _over_cases(share_of_choices(passed, tried, k), f"pass^{k}", clusters, level)


def _checked(successes: Counts, tries: Counts, k: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    passed, tried = np.asarray(successes, dtype=np.int64), np.asarray(tries, dtype=np.int64)
    if passed.ndim != 1 or passed.shape != tried.shape or not len(passed):
        raise ValueError("each case has a number of tries and of successes, and there is at least one case")
    if k < 1 or (tried < k).any():
        raise ValueError(f"every case needs at least k = {k} tries, and one has {tried.min()}")
    if ((passed < 0) | (passed > tried)).any():
        raise ValueError("no case has more successes than tries")
    return passed, tried


def share_of_choices(chosen: NDArray[np.int64], of: NDArray[np.int64], k: int) -> Floats:
    """How many of the choices of k among each case's tries are made of chosen ones alone, as a share.

    C(chosen, k) / C(of, k), factor by factor, so that it neither overflows nor is rounded.

    Args:
        chosen: Tries of each case that are.
        of: All tries of each, at least ``k``.
        k: How many are chosen.
    """
    steps = np.arange(k)
    factors = np.maximum(chosen[:, None] - steps, 0) / (of[:, None] - steps)
    return np.asarray(factors.prod(axis=1), dtype=np.float64)


def _over_cases(values: Floats, name: str, clusters: Clusters | None, level: float) -> Interval:
    found = cluster_mean_interval(values, clusters, level=level).within(0.0, 1.0)
    return replace(found, method=f"unbiased {name}, {found.method}")
