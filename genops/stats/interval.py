"""Confidence intervals of one sample: Student's t for a mean, the bootstrap for any statistic."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from genops.stats.distributions import normal_quantile, normal_share, student_quantile

Floats: TypeAlias = NDArray[np.float64]
STUDENT = "Student's t"
BCA = "BCa bootstrap"
_BLOCK = 4_000_000
_TIE = 1e-9


class Statistic(Protocol):
    """What reduces values along an axis to one number each, as ``numpy.mean`` does."""

    def __call__(self, values: Floats, /, *, axis: int) -> Any:
        """The statistic along ``axis``."""
        ...


_NAMED: dict[str, Statistic] = {"mean": np.mean, "median": np.median}


@dataclass(frozen=True, slots=True)
class Interval:
    """An estimate and how far it can be trusted.

    Attributes:
        estimate: The statistic of the sample.
        bounds: Lower and upper end; None where the sample does not tell.
        level: The share of such intervals that hold the true value (0 to 1).
        n: Size of the sample.
        method: How the bounds were found.
        missing: Why there are no bounds; empty when there are.
        clusters: How many clusters the sample is made of, where they were told.
    """

    estimate: float
    bounds: tuple[float, float] | None
    level: float
    n: int
    method: str
    missing: str = ""
    clusters: int | None = None

    def within(self, low: float, high: float) -> Interval:
        """The same, cut off at the ends of what is possible."""

        def cut(value: float) -> float:
            return min(max(value, low), high)

        bounds = None if self.bounds is None else (cut(self.bounds[0]), cut(self.bounds[1]))
        return replace(self, estimate=cut(self.estimate), bounds=bounds)


def mean_interval(values: Sequence[float] | Floats, level: float = 0.95) -> Interval:
    """Student's interval of a mean: exact for normal values, good for a hundred of almost any kind.

    "Student" (W. S. Gosset), The probable error of a mean, Biometrika 6 (1908).

    Args:
        values: The sample.
        level: Of confidence.

    Raises:
        ValueError: The sample is empty or holds what is not finite, or the level is not between 0 and 1.
    """
    sample = checked_sample(values, level)
    mean = float(sample.mean())
    if missing := _tells_no_spread(sample):
        return Interval(mean, None, level, len(sample), STUDENT, missing)
    reach = student_quantile(len(sample) - 1, (1 + level) / 2) * float(sample.std(ddof=1) / np.sqrt(len(sample)))
    return Interval(mean, (mean - reach, mean + reach), level, len(sample), STUDENT)


def bootstrap_interval(
    values: Sequence[float] | Floats,
    statistic: Literal["mean", "median"] | Statistic = "mean",
    level: float = 0.95,
    *,
    resamples: int = 9_999,
    seed: int = 0,
) -> Interval:
    """The bias-corrected and accelerated bootstrap interval (BCa), which follows the skew of the sample.

    B. Efron, Better bootstrap confidence intervals, Journal of the American Statistical Association 82 (1987). As every
    bootstrap it is a little too short for few values: for means of skewed samples of 20 it holds about 92% where 95%
    are asked for.

    Args:
        values: The sample.
        statistic: A name, or what reduces an array along an axis.
        level: Of confidence.
        resamples: Samples drawn with replacement.
        seed: Of the draws: the same seed gives the same interval.

    Raises:
        ValueError: The sample is empty or holds what is not finite, or the level is not between 0 and 1.
    """
    sample = checked_sample(values, level)
    reduce = _NAMED[statistic] if isinstance(statistic, str) else statistic
    estimate = float(reduce(sample, axis=-1))
    if missing := _tells_no_spread(sample):
        return Interval(estimate, None, level, len(sample), BCA, missing)
    drawn = _resampled(sample, reduce, resamples, np.random.default_rng(seed))
    bounds = bca_bounds(estimate, drawn, _left_out(sample, reduce), level)
    missing = "" if bounds else "resamples of so few distinct values do not vary enough"
    return Interval(estimate, bounds, level, len(sample), BCA, missing)


def bca_bounds(estimate: float, drawn: Floats, left_out: Floats, level: float) -> tuple[float, float] | None:
    """The bounds of Efron's BCa interval; None where the resamples do not vary enough.

    Args:
        estimate: The statistic of the sample.
        drawn: The statistic of each resample.
        left_out: The statistic of the sample without each of its members in turn, for the acceleration.
        level: Of confidence.
    """
    tie = _TIE * float(drawn.max() - drawn.min())  # sums of the same values in another order differ by rounding
    below = float(np.mean(drawn < estimate - tie) + np.mean(drawn <= estimate + tie)) / 2
    if not 0 < below < 1 or drawn.max() - drawn.min() <= _TIE * max(abs(estimate), _TIE):
        return None
    bias, acceleration = normal_quantile(below), _acceleration(left_out)
    quantiles = [bias + normal_quantile(share) for share in ((1 - level) / 2, (1 + level) / 2)]
    shares = [normal_share(bias + quantile / (1 - acceleration * quantile)) for quantile in quantiles]
    low, high = np.quantile(drawn, shares)
    return float(low), float(high)


def check_level(level: float) -> None:
    """Refuse what is no level of confidence.

    Raises:
        ValueError: It is not between 0 and 1.
    """
    if not 0 < level < 1:
        raise ValueError(f"a level of confidence lies between 0 and 1, not at {level}")


def checked_sample(values: Sequence[float] | Floats, level: float) -> Floats:
    """The sample as an array.

    Raises:
        ValueError: It is empty or holds what is not finite, or the level is not between 0 and 1.
    """
    sample = np.asarray(values, dtype=np.float64)
    if sample.ndim != 1 or not len(sample):
        raise ValueError("a sample is a sequence of at least one number")
    if not np.isfinite(sample).all():
        raise ValueError("a sample holds finite numbers only")
    check_level(level)
    return sample


def alike(values: Floats) -> bool:
    """Whether values differ by nothing but rounding: 0.6 - 0.5 is not 0.8 - 0.7, and says nothing of their spread."""
    return float(np.ptp(values)) <= _TIE * float(np.abs(values).max())


def _tells_no_spread(sample: Floats) -> str:
    if len(sample) == 1:
        return "one value tells nothing of the spread"
    if alike(sample):
        return f"all {len(sample)} values are equal, which tells nothing of the spread"
    return ""


def _resampled(sample: Floats, reduce: Statistic, resamples: int, random: np.random.Generator) -> Floats:
    """The statistic of each resample, drawn in blocks of bounded memory."""
    block = max(1, _BLOCK // len(sample))
    parts = [
        reduce(sample[random.integers(len(sample), size=(min(block, resamples - start), len(sample)))], axis=-1)
        for start in range(0, resamples, block)
    ]
    return np.concatenate(parts)


def _left_out(sample: Floats, reduce: Statistic) -> Floats:
    """The statistic of the sample without each of its values in turn."""
    if reduce is np.mean:
        return np.asarray((sample.sum() - sample) / (len(sample) - 1), dtype=np.float64)
    return np.array([reduce(np.delete(sample, index), axis=-1) for index in range(len(sample))])


def _acceleration(left_out: Floats) -> float:
    """How fast the statistic's spread changes with its value, by the jackknife (Efron 1987, equation 6.6)."""
    apart = left_out.mean() - left_out
    squares = float((apart**2).sum())
    return float((apart**3).sum()) / (6 * squares**1.5) if squares > 0 else 0.0
