"""How many cases a wished-for difference needs: of a test at a fixed number, and of one that stops when it is sure."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, inf, isfinite, sqrt

import numpy as np

from genops.stats.betting import METHOD, Bets, Claim, Floats, Population, Units

_NEAR = 200
_FARTHEST = 1e5  # noncentrality; far above it scipy's distribution gives no number


@dataclass(frozen=True, slots=True)
class FixedPlan:
    """A test that looks once.

    Attributes:
        n: Cases, or pairs of them, that it needs.
        power: The probability of finding the difference.
        alpha: The probability of finding one that is not there, one-sided.
        method: Of the test.
    """

    n: int
    power: float
    alpha: float
    method: str


@dataclass(frozen=True, slots=True)
class SequentialPlan:
    """A test that stops when it is sure, as simulated.

    Attributes:
        median: Cases used by half of the runs; the budget where those are not sure by then.
        mean: Cases used on average, with the budget for runs that are not sure by then.
        most: Cases that nine of ten runs do with.
        right: Share of the runs with the right verdict within the budget: the power.
        wrong: Share with the wrong one.
        undecided: Share with none.
        budget: The most cases that a run may use.
        runs: How many were simulated.
        alpha: The probability of a wrong verdict, at most, in either direction.
        method: Of the test.
    """

    median: float
    mean: float
    most: float
    right: float
    wrong: float
    undecided: float
    budget: int
    runs: int
    alpha: float
    method: str = METHOD


def cases_for_mean(difference: float, deviation: float, power: float = 0.8, alpha: float = 0.05) -> FixedPlan:
    """Cases that Student's one-sided t-test needs to tell a mean from a bound, or paired differences from a margin.

    By the noncentral t distribution: J. Cohen, Statistical Power Analysis for the Behavioral Sciences (1988).

    Args:
        difference: Of the mean from the bound, or of the mean difference from the margin; its sign does not matter.
        deviation: Standard deviation of the values, or of the paired differences.
        power: To be reached.
        alpha: Of the test, one-sided.

    Raises:
        ValueError: The difference or the deviation is zero or infinite, or power or alpha is not between 0 and 1; or
            one of them is so small that no number can be told.
    """
    from scipy import special

    _check_shares(power, alpha)
    if not 0 < deviation < inf or not 0 < abs(difference) < inf:
        raise ValueError("a difference and a standard deviation are above zero, and finite")
    effect = abs(difference) / deviation

    def reached(n: int) -> float:
        bound = special.stdtrit(n - 1, 1 - alpha)
        return float(1 - special.nctdtr(n - 1, min(effect * sqrt(n), _FARTHEST), bound))

    root = float(special.ndtri(1 - alpha) + special.ndtri(power)) / effect
    if not isfinite(root * root):
        raise ValueError(f"no number of cases finds a difference of {difference:g} at an alpha of {alpha:g}")
    n = max(2, ceil(root * root))
    if n > 10_000:  # where the t distribution is the normal one
        return FixedPlan(n, power, alpha, "z-test, one-sided")
    while n > 2 and reached(n - 1) >= power:
        n -= 1
    while reached(n) < power:
        n += 1
    return FixedPlan(n, reached(n), alpha, "t-test, one-sided")


def cases_for_proportion(share: float, bound: float, power: float = 0.8, alpha: float = 0.05) -> FixedPlan:
    """Cases that the exact one-sided binomial test needs to tell a proportion from a bound.

    As its power goes up and down with n, the number is the least from which on it stays reached for the next 200.

    Args:
        share: The true proportion, as wished for or feared.
        bound: What it is told from.
        power: To be reached.
        alpha: Of the test, one-sided.

    Raises:
        ValueError: The proportions are equal or not between 0 and 1, or power or alpha is not.
    """
    from scipy import special

    _check_shares(power, alpha)
    if not 0 <= share <= 1 or not 0 < bound < 1 or share == bound:
        raise ValueError("two proportions that are to be told apart lie between 0 and 1 and differ")
    if share < bound:
        share, bound = 1 - share, 1 - bound
    deviation = max(sqrt(bound * (1 - bound)), sqrt(share * (1 - share)))
    rough = cases_for_mean(share - bound, deviation, power, alpha).n
    n = np.arange(1, 2 * rough + 2 * _NEAR)
    critical = np.floor(special.bdtrik(1 - alpha, n, bound))
    critical = np.where(special.bdtr(critical, n, bound) >= 1 - alpha, critical, critical + 1)
    reached = np.where(critical < n, special.bdtrc(np.minimum(critical, n), n, share), 0.0)
    below = np.flatnonzero(reached[:-_NEAR] < power)
    first = int(below[-1]) + 1 if len(below) else 0
    return FixedPlan(int(n[first]), float(reached[first]), alpha, "exact binomial, one-sided")


def sequential_cases(
    mean: float,
    deviation: float,
    bound: float,
    budget: int,
    alpha: float = 0.05,
    ends: tuple[float, float] = (0.0, 1.0),
    claim: Claim | None = None,
    *,
    runs: int = 500,
    seed: int = 0,
) -> SequentialPlan:
    """Cases that the sequential test of ``bound`` is expected to use, by simulation.

    Values are drawn from the beta distribution of this mean and deviation; at the largest deviation that the mean
    allows, these are the two ends: passes and failures.

    Args:
        mean: The true mean, as wished for or feared.
        deviation: Standard deviation of the values.
        bound: What the mean is tested against.
        budget: The most cases that may be used.
        alpha: The probability of a wrong verdict, at most, in either direction.
        ends: Between which every value lies.
        claim: What is claimed about; left out, the population. For a finite dataset each run draws one of its size.
        runs: How many to simulate.
        seed: Of the draws.

    Raises:
        ValueError: The deviation is not above zero or larger than the mean allows, the mean or the bound is out of
            range, or alpha is.
    """
    _check_shares(1 - alpha, alpha)
    width = ends[1] - ends[0]
    share, fair = (mean - ends[0]) / width, (bound - ends[0]) / width
    if not 0 < share < 1 or not 0 < fair < 1:
        raise ValueError(f"a mean and its bound lie between {ends[0]} and {ends[1]}")
    random = np.random.default_rng(seed)
    about = claim or Population()
    used, verdicts = np.full(runs, budget), np.full(runs, -1)
    for run in range(runs):
        values = _drawn(random, share, deviation / width, budget)
        units = Units(np.stack([values, 1 - values]), np.ones(budget))
        bets, capital = Bets().placed(units, np.array([fair, 1 - fair]), about)
        crossed = capital >= -np.log(alpha)
        settled = bets.settled(np.array([fair, 1 - fair]), about)
        if crossed.any():
            used[run] = int(np.argmax(crossed.any(axis=0))) + 1
            verdicts[run] = int(np.argmax(crossed[:, used[run] - 1]))
        elif any(settled):
            verdicts[run] = settled.index(True)
    right = 0 if mean >= bound else 1
    return SequentialPlan(
        median=float(np.median(used)),
        mean=float(used.mean()),
        most=float(np.quantile(used, 0.9)),
        right=float(np.mean(verdicts == right)),
        wrong=float(np.mean(verdicts == 1 - right)),
        undecided=float(np.mean(verdicts == -1)),
        budget=budget,
        runs=runs,
        alpha=alpha,
    )


def _drawn(random: np.random.Generator, mean: float, deviation: float, n: int) -> Floats:
    largest = np.sqrt(mean * (1 - mean))
    if not 0 < deviation <= largest * (1 + 1e-6):
        raise ValueError(f"values of this mean deviate from it by more than 0 and at most {largest:.4g} of their range")
    if deviation >= largest * (1 - 1e-6):
        return random.binomial(1, mean, n).astype(np.float64)
    size = (largest / deviation) ** 2 - 1
    return random.beta(mean * size, (1 - mean) * size, n)


def _check_shares(power: float, alpha: float) -> None:
    if not 0 < alpha < 1 or not alpha < power < 1:
        raise ValueError(f"alpha lies between 0 and 1, and power between alpha and 1, not at {alpha} and {power}")
