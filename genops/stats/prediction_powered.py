"""A mean of labels by people, made sharper by a judge's predictions for the cases that nobody labelled.

A. Angelopoulos, J. Duchi and T. Zrnic, PPI++: efficient prediction-powered inference (2023), arXiv:2311.01453: the mean
of the labels, plus lambda times how much higher the judge rates the unlabelled cases than the labelled ones. The judge
may be as biased as it likes; lambda is tuned for the least variance, and is near 0 where judge and people have nothing
in common. The labelled cases must be drawn at random.

The normal interval of the paper holds for many labels. For as few as 50 three things are done here. The tuning costs a
degree of freedom. Labels that are all 0 or 1 get Wilson's interval at the number of labels that would have had the same
variance alone, as in surveys (E. Korn and B. Graubard, Confidence intervals for proportions with small expected number
of positive counts estimated from survey data, Survey Methodology 24, 1998). And as a judge that happened to be right
on every label is not always right, a disagreement in each direction is added, of half a case each where the judge is
fully relied upon, and of less where it is less (the square of the regression's slope).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf, sqrt

import numpy as np

from genops.stats.distributions import student_quantile
from genops.stats.interval import Floats, Interval, checked_sample, mean_interval
from genops.stats.proportions import proportion_interval, wilson

METHOD = "PPI++, power-tuned"
PSEUDO = 0.5
"""Of a case: how much of one disagreement is added in each direction."""


@dataclass(frozen=True, slots=True)
class PredictionPowered:
    """A mean by labels and predictions together.

    Attributes:
        interval: Of the mean; ``n`` is the number of labels.
        labels_alone: What the labels would have told without the judge.
        predictions_alone: The judge's mean over all cases, which may be biased.
        power: How far the judge is relied upon (lambda, 0 to 1).
        correlation: Of labels and predictions; NaN where either never varies.
        unlabelled: Cases with a prediction only.
    """

    interval: Interval
    labels_alone: Interval
    predictions_alone: float
    power: float
    correlation: float
    unlabelled: int

    @property
    def effective_labels(self) -> float:
        """How many labels alone would have told as much; NaN where there are no bounds to compare."""
        if not self.interval.bounds or not self.labels_alone.bounds:
            return float("nan")
        wide, narrow = (high - low for low, high in (self.labels_alone.bounds, self.interval.bounds))
        return self.interval.n * (wide / narrow) ** 2 if narrow > 0 else inf


@dataclass(frozen=True, slots=True)
class LabelPlan:
    """How many labels buy how much width.

    Attributes:
        labels: The least number that is expected to reach the width; None where all cases would not.
        width: What was asked for.
        curve: Numbers of labels, and the width that is expected of each.
        level: Of confidence.
        method: Of the intervals.
    """

    labels: int | None
    width: float
    curve: tuple[tuple[int, float], ...]
    level: float
    method: str


def prediction_powered_mean(
    labels: Sequence[float] | Floats,
    predictions: Sequence[float] | Floats,
    unlabelled: Sequence[float] | Floats,
    level: float = 0.95,
    *,
    finite: bool = False,
) -> PredictionPowered:
    """The mean of the labels that all cases would have, were they labelled.

    For the difference of two variants that were labelled and judged on the same cases, pass the differences.

    Args:
        labels: By people, of the labelled cases.
        predictions: By the judge, of the same cases.
        unlabelled: The judge's predictions for the other cases.
        level: Of confidence.
        finite: Whether the mean is that of these cases and no others, instead of the population that they came from.

    Raises:
        ValueError: There are no labels, a prediction is missing, something is not finite, or the level is not between
            0 and 1.
    """
    pilot = _Pilot.of(labels, predictions, unlabelled, level)
    power = pilot.power(pilot.n, pilot.rest)
    estimate = pilot.mean + power * pilot.lead
    alone = _labels_alone(np.asarray(labels, dtype=np.float64), level)
    interval = pilot.interval(estimate, pilot.n, pilot.rest, level, finite=finite)
    return PredictionPowered(interval, alone, pilot.predicted, power, pilot.correlation, pilot.rest)


def labels_for_width(
    labels: Sequence[float] | Floats,
    predictions: Sequence[float] | Floats,
    unlabelled: Sequence[float] | Floats,
    width: float,
    level: float = 0.95,
    *,
    finite: bool = False,
) -> LabelPlan:
    """How many of these cases to label in all, judged by those that are labelled already.

    Args:
        labels: By people, of the labelled cases.
        predictions: By the judge, of the same cases.
        unlabelled: The judge's predictions for the other cases.
        width: From end to end, that the interval should have.
        level: Of confidence.
        finite: Whether the mean is that of these cases and no others.

    Raises:
        ValueError: The width is not above zero, or as for ``prediction_powered_mean``.
    """
    if not width > 0:
        raise ValueError(f"a width is above zero, not {width}")
    pilot = _Pilot.of(labels, predictions, unlabelled, level)
    cases = pilot.n + pilot.rest

    def expected(count: int) -> float:
        bounds = pilot.interval(pilot.mean, count, cases - count, level, finite=finite).bounds
        return bounds[1] - bounds[0] if bounds else inf

    marks = sorted(
        {min(cases, max(3, round(cases * share))) for share in (0.01, 0.02, 0.05, 0.1, 0.2, 0.35, 0.5, 0.75, 1)}
    )
    fewest, enough = 2, cases
    while enough - fewest > 1:
        middle = (fewest + enough) // 2
        fewest, enough = (fewest, middle) if expected(middle) <= width else (middle, enough)
    needed = enough if expected(enough) <= width else None
    return LabelPlan(needed, width, tuple((mark, expected(mark)) for mark in marks), level, METHOD)


def _labels_alone(labels: Floats, level: float) -> Interval:
    if np.isin(labels, (0.0, 1.0)).all():
        return proportion_interval(int(labels.sum()), len(labels), level)
    return mean_interval(labels, level)


@dataclass(frozen=True, slots=True)
class _Pilot:
    """What labelled cases tell of the variance that any number of labels would leave.

    Attributes:
        n: Labelled cases.
        rest: Unlabelled ones.
        mean: Of the labels.
        predicted: Mean prediction of all cases.
        lead: How much higher the judge rates the unlabelled cases than the labelled ones.
        slope: Of labels on predictions.
        spread: Variance of the predictions of all cases.
        moments: Variance of labels, covariance, variance of predictions, with the added disagreements.
        binary: Whether all labels are 0 or 1.
        correlation: Of labels and predictions.
    """

    n: int
    rest: int
    mean: float
    predicted: float
    lead: float
    slope: float
    spread: float
    moments: tuple[float, float, float]
    binary: bool
    correlation: float

    @classmethod
    def of(
        cls,
        labels: Sequence[float] | Floats,
        predictions: Sequence[float] | Floats,
        unlabelled: Sequence[float] | Floats,
        level: float,
    ) -> _Pilot:
        label, prediction = checked_sample(labels, level), checked_sample(predictions, level)
        others = np.asarray(unlabelled, dtype=np.float64)
        if len(label) != len(prediction):
            raise ValueError(f"{len(label)} labels have {len(label)} predictions, not {len(prediction)}")
        if others.ndim != 1 or not np.isfinite(others).all():
            raise ValueError("a prediction is a finite number")
        every = np.concatenate([prediction, others])
        binary = bool(np.isin(label, (0.0, 1.0)).all())
        spread = float(every.var(ddof=1)) if len(every) > 1 else 0.0
        varies = label.std() > 0 and prediction.std() > 0
        shared = float((label - label.mean()) @ (prediction - prediction.mean())) / max(1, len(label) - 1)
        slope = min(max(shared / spread, 0.0), 1.0) if varies and len(label) > 2 else 0.0
        added = PSEUDO * slope**2 if binary else 0.0
        weights = np.array([1.0] * len(label) + [added, added])
        sample = np.stack([np.append(label, [1.0, 0.0]), np.append(prediction, [0.0, 1.0])])
        centred = sample - np.average(sample, axis=1, weights=weights)[:, None]
        products = (weights * centred) @ centred.T / max(1.0, weights.sum() - (2 if slope > 0 else 1))
        return cls(
            n=len(label),
            rest=len(others),
            mean=float(label.mean()),
            predicted=float(every.mean()),
            lead=float(others.mean() - prediction.mean()) if len(others) else 0.0,
            slope=slope,
            spread=spread,
            moments=(float(products[0, 0]), float(products[0, 1]), float(products[1, 1])),
            binary=binary,
            correlation=float(np.corrcoef(label, prediction)[0, 1]) if varies else float("nan"),
        )

    def power(self, n: int, rest: int) -> float:
        """The lambda of least variance."""
        return self.slope * rest / (n + rest)

    def variance(self, n: int, rest: int, *, finite: bool) -> float:
        """Of the estimate with ``n`` labels and ``rest`` cases without."""
        power = self.slope if finite else self.power(n, rest)
        own, shared, judge = self.moments
        residual = max(0.0, own - 2 * power * shared + power**2 * judge)
        if finite:
            return residual / n * rest / (n + rest)
        return residual / n + (power**2 * self.spread / rest if rest else 0.0)

    def interval(self, estimate: float, n: int, rest: int, level: float, *, finite: bool) -> Interval:
        """Wilson's for labels of 0 and 1, else Student's."""
        if n < 3:
            return Interval(estimate, None, level, n, METHOD, "fewer than three labels tell too little")
        variance = self.variance(n, rest, finite=finite)
        t = student_quantile(n - (2 if self.slope > 0 else 1), (1 + level) / 2)
        if self.binary:
            share = min(max(estimate, 0.0), 1.0)
            bounds = wilson(share, share * (1 - share) / variance if variance > 0 and 0 < share < 1 else n, t)
            if finite and not rest:
                bounds = share, share
            return Interval(share, bounds, level, n, f"{METHOD}, Wilson score at the effective number of labels")
        if variance == 0 and rest:
            return Interval(estimate, None, level, n, METHOD, "all labels are equal, which tells nothing of the spread")
        reach = t * sqrt(variance)
        return Interval(estimate, (estimate - reach, estimate + reach), level, n, f"{METHOD}, Student's t")
