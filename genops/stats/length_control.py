"""The win rate that one would have against another whose answers were as long."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from genops.stats.clusters import Clusters, cluster_codes, cluster_mean_interval
from genops.stats.distributions import student_quantile
from genops.stats.interval import Floats, Interval, check_level
from genops.stats.logistic import fit_logistic

METHOD = "length-controlled, logistic regression"


@dataclass(frozen=True, slots=True)
class LengthControlled:
    """A win rate with and without the help of length.

    Attributes:
        win_rate: As it would be between answers of one length.
        raw: As it was.
        length_effect: How much the log-odds of winning grow with the length term, which lies between -1 and 1.
    """

    win_rate: Interval
    raw: Interval
    length_effect: Interval


def length_controlled_win_rate(
    outcomes: Sequence[float] | Floats,
    lengths: Sequence[float] | Floats,
    other_lengths: Sequence[float] | Floats,
    clusters: Clusters | None = None,
    level: float = 0.95,
    *,
    ridge: float = 0.1,
) -> LengthControlled:
    """Take from a win rate what is owed to the lengths of answers.

    Y. Dubois, B. Galambosi, P. Liang and T. Hashimoto, Length-controlled AlpacaEval (2024), arXiv:2404.04475: the
    log-odds of winning are a constant plus a multiple of tanh(difference of lengths / its standard deviation), and the
    win rate is that of the constant alone. Their term for the difficulty of an instruction needs many models and is
    left out. Intervals are by the sandwich covariance and Student's t; where all outcomes are alike, by the model's.

    Args:
        outcomes: 1 where one won, 0 where the other did, 0.5 for a tie; a judge's probability will do.
        lengths: Of its answers.
        other_lengths: Of the other's answers to the same cases.
        clusters: The cluster of each case; None where each stands alone.
        level: Of confidence.
        ridge: A small penalty, which keeps the fit finite where one always wins.

    Raises:
        ValueError: The lengths differ in number, there are fewer than two cases, or an outcome is not between 0 and 1.
    """
    from scipy import special

    check_level(level)
    result = np.asarray(outcomes, dtype=np.float64)
    own_length, other_length = np.asarray(lengths, dtype=np.float64), np.asarray(other_lengths, dtype=np.float64)
    if result.ndim != 1 or not result.shape == own_length.shape == other_length.shape or len(result) < 2:
        raise ValueError("each case has an outcome and two lengths, and there are at least two")
    gap = own_length - other_length
    if not ((result >= 0) & (result <= 1)).all() or not np.isfinite(gap).all():
        raise ValueError("an outcome lies between 0 and 1, and a length is finite")
    spread = gap.std()
    term = np.tanh(gap / spread) if spread > 0 else np.zeros(len(gap))
    codes, count = cluster_codes(clusters, len(result))
    fit = fit_logistic(np.column_stack([np.ones(len(gap)), term]), result, codes, count, ridge)
    alike = result.min() == result.max()  # what scatters not tells the sandwich nothing
    errors = np.sqrt(np.diag(fit.model if alike else fit.robust))
    told = None if clusters is None else count
    t = student_quantile(max(1, count - 1), (1 + level) / 2)

    def interval(estimate: float, low: float, high: float, part: str) -> Interval:
        if count == 1:
            return Interval(estimate, None, level, len(gap), part, "one cluster tells nothing of the spread", told)
        return Interval(estimate, (low, high), level, len(gap), part, clusters=told)

    constant, effect = fit.coefficients.tolist()
    own, other = (t * errors).tolist()
    rates = [float(special.expit(constant + shift)) for shift in (0.0, -own, own)]
    return LengthControlled(
        interval(rates[0], rates[1], rates[2], METHOD),
        cluster_mean_interval(result, clusters, level=level),
        interval(effect, effect - other, effect + other, f"{METHOD}, coefficient of length"),
    )
