"""Confidence intervals of a proportion: Wilson's score interval and the exact one of Clopper and Pearson."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt

from genops.stats.distributions import beta_quantile, normal_quantile
from genops.stats.interval import Interval, check_level

WILSON = "Wilson score"
EXACT = "Clopper-Pearson"
EXACT_UP_TO = 40


@dataclass(frozen=True, slots=True)
class Proportion:
    """How often something was so.

    Attributes:
        count: How often.
        n: Of how many.
        design_effect: How many times the variance of the share is that of independent trials: above 1 where they come
            in clusters.
    """

    count: int
    n: int
    design_effect: float = 1.0

    def __post_init__(self) -> None:
        if not 0 <= self.count <= self.n or self.n < 1:
            raise ValueError(
                f"a proportion has at least one trial and no more successes than those, not {self.count} of {self.n}"
            )
        if not self.design_effect > 0:
            raise ValueError(f"a design effect is above 0, not {self.design_effect}")

    @property
    def share(self) -> float:
        """The observed proportion, 0 to 1."""
        return self.count / self.n

    @property
    def worth(self) -> float:
        """How many independent trials tell as much."""
        return self.n / self.design_effect


def proportion_interval(successes: int, n: int, level: float = 0.95) -> Interval:
    """The interval to show for a proportion: exact up to 40 trials, Wilson's above.

    The exact interval never covers less than it says; Wilson's covers what it says on average, and is shorter.
    L. Brown, T. Cai and A. DasGupta, Interval estimation for a binomial proportion, Statistical Science 16 (2001),
    recommend Wilson's; at few trials it covers too little for proportions near 0 and 1, where pass rates live.

    Args:
        successes: How many trials succeeded.
        n: How many there were.
        level: Of confidence.

    Raises:
        ValueError: There are no trials, or successes beyond them, or the level is not between 0 and 1.
    """
    return (clopper_pearson_interval if n <= EXACT_UP_TO else wilson_interval)(successes, n, level)


def wilson_interval(successes: int, n: int, level: float = 0.95) -> Interval:
    """The proportions that a score test would not reject.

    E. B. Wilson, Probable inference, the law of succession, and statistical inference, Journal of the American
    Statistical Association 22 (1927).

    Args:
        successes: How many trials succeeded.
        n: How many there were.
        level: Of confidence.

    Raises:
        ValueError: There are no trials, or successes beyond them, or the level is not between 0 and 1.
    """
    share = _share(successes, n, level)
    return Interval(share, wilson(share, n, normal_quantile((1 + level) / 2)), level, n, WILSON)


def clopper_pearson_interval(successes: int, n: int, level: float = 0.95) -> Interval:
    """The proportions that neither exact one-sided binomial test would reject.

    C. Clopper and E. S. Pearson, The use of confidence or fiducial limits illustrated in the case of the binomial,
    Biometrika 26 (1934).

    Args:
        successes: How many trials succeeded.
        n: How many there were.
        level: Of confidence.

    Raises:
        ValueError: There are no trials, or successes beyond them, or the level is not between 0 and 1.
    """
    share = _share(successes, n, level)
    return Interval(share, clopper_pearson(successes, n, level), level, n, EXACT)


def wilson(share: float, n: float, reach: float) -> tuple[float, float]:
    """Wilson's interval of a share of any effective number of trials.

    Args:
        share: The observed proportion.
        n: How many trials it is worth.
        reach: How many standard errors away an end may be: a quantile of the normal distribution, or of Student's t.
    """
    centre = (share + reach * reach / (2 * n)) / (1 + reach * reach / n)
    apart = reach * sqrt(share * (1 - share) / n + (reach / (2 * n)) ** 2) / (1 + reach * reach / n)
    return 0.0 if share == 0 else max(0.0, centre - apart), 1.0 if share == 1 else min(1.0, centre + apart)


def clopper_pearson(hits: float, n: float, level: float) -> tuple[float, float]:
    """Clopper and Pearson's interval, at any number of trials.

    Args:
        hits: How many succeeded.
        n: How many trials there were, or are worth.
        level: Of confidence.
    """
    tail = (1 - level) / 2
    low = 0.0 if hits == 0 else beta_quantile(hits, n - hits + 1, tail)
    high = 1.0 if hits == n else beta_quantile(hits + 1, n - hits, 1 - tail)
    return low, high


def _share(successes: int, n: int, level: float) -> float:
    check_level(level)
    if not 0 <= successes <= n or n < 1:
        raise ValueError(
            f"a proportion has at least one trial and no more successes than those, not {successes} of {n}"
        )
    return successes / n
