"""Prediction-powered means of cases that share clusters or weigh differently.

The estimator is that of ``prediction_powered_mean`` with weighted means in the place of means. It is a sum of what each
case contributes: a labelled case its label less lambda times its prediction, an unlabelled one lambda times its
prediction, each by its share of the weight. So the estimate's variance is that of the sums over clusters, as for any
weighted mean of clustered values (K.-Y. Liang and S. Zeger, Longitudinal data analysis using generalized linear models,
Biometrika 73, 1986), and lambda is tuned for the least of it: PPI++'s plug-in tuning (Angelopoulos, Duchi and Zrnic
2023, section 6) with sums over clusters in the place of values. A cluster may hold labelled and unlabelled cases; what
they have in common is then in its sum.

For few clusters the correction CR2 and Satterthwaite's degrees of freedom of ``cluster_mean_interval`` are taken over
the labelled cases, less one for the tuning; labels of 0 and 1 get Wilson's interval and the added disagreements of
``prediction_powered_mean``, at the labels' effective number.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from math import sqrt

import numpy as np
from numpy.typing import NDArray

from genops.stats.clusters import Clusters, checked_weights, cluster_codes, cluster_mean_interval, satterthwaite
from genops.stats.distributions import student_quantile
from genops.stats.interval import Floats, Interval, checked_sample
from genops.stats.prediction_powered import METHOD, PSEUDO, PredictionPowered
from genops.stats.proportions import wilson

CLUSTERED = f"{METHOD}, cluster-robust"
WEIGHTED = f"{METHOD}, weighted"
_FEWEST = 3


def cluster_prediction_powered_mean(
    labels: Sequence[float] | Floats,
    predictions: Sequence[float] | Floats,
    clusters: Clusters | None = None,
    weights: Sequence[float] | Floats | None = None,
    level: float = 0.95,
) -> PredictionPowered:
    """The weighted mean of the labels that all cases would have, in the population that their clusters came from.

    Args:
        labels: By people, one a case; NaN for a case that nobody labelled.
        predictions: By the judge, one a case.
        clusters: The cluster of each case; None where each stands alone.
        weights: How much each case counts, above zero; None where all count the same.
        level: Of confidence.

    Raises:
        ValueError: No case has a label, the lengths differ, a prediction or a label is not finite, a weight is not
            above zero, or the level is not between 0 and 1.
    """
    sample = _Sample.of(labels, predictions, clusters, weights, level)
    power = sample.power()
    estimate = sample.mean + power * sample.lead
    return PredictionPowered(
        sample.interval(estimate, power, level),
        sample.labels_alone(level),
        float(np.average(sample.predictions, weights=sample.weights)),
        power,
        sample.correlation(),
        len(sample.predictions) - sample.n,
    )


@dataclass(frozen=True)
class _Sample:
    """Cases, and what each contributes to the estimate.

    Attributes:
        labels: Of the labelled cases.
        predictions: Of all cases.
        weights: Of all cases.
        labelled: Which cases have a label.
        codes: The cluster of each case.
        shares: Of the labelled weight; 0 for a case without a label.
        off_labels: How far each label is off the mean, by its share; 0 for a case without one.
        off_predictions: The same of the predictions of labelled cases, less that of unlabelled ones.
        clustered: Whether clusters were given.
    """

    labels: Floats
    predictions: Floats
    weights: Floats
    labelled: NDArray[np.bool_]
    codes: NDArray[np.intp]
    shares: Floats
    off_labels: Floats
    off_predictions: Floats
    clustered: bool

    @classmethod
    def of(
        cls,
        labels: Sequence[float] | Floats,
        predictions: Sequence[float] | Floats,
        clusters: Clusters | None,
        weights: Sequence[float] | Floats | None,
        level: float,
    ) -> _Sample:
        every = np.asarray(labels, dtype=np.float64)
        prediction = checked_sample(predictions, level)
        if every.shape != prediction.shape:
            raise ValueError(f"{len(every)} labels have {len(every)} predictions, not {len(prediction)}")
        weight = checked_weights(weights, len(every))
        there = ~np.isnan(every)
        label = checked_sample(every[there], level)

        def off(values: Floats, which: NDArray[np.bool_]) -> Floats:
            share = np.where(which, weight, 0.0) / max(weight[which].sum(), 1e-300)
            known = np.where(which, values, 0.0)
            apart: Floats = share * (known - share @ known)
            return apart

        return cls(
            labels=label,
            predictions=prediction,
            weights=weight,
            labelled=there,
            codes=cluster_codes(clusters, len(every))[0],
            shares=np.where(there, weight, 0.0) / weight[there].sum(),
            off_labels=off(every, there),
            off_predictions=off(prediction, there) - off(prediction, ~there),
            clustered=clusters is not None,
        )

    @property
    def n(self) -> int:
        """Labelled cases."""
        return len(self.labels)

    @cached_property
    def group_shares(self) -> Floats:
        """Of the labelled weight, by cluster that holds a label."""
        shares: Floats = np.bincount(self.codes, self.shares).astype(np.float64)
        return shares[shares > 0]

    @property
    def mean(self) -> float:
        """Of the labels."""
        return float(np.average(self.labels, weights=self.weights[self.labelled]))

    @property
    def lead(self) -> float:
        """How much higher the judge rates the unlabelled cases than the labelled ones."""
        there = self.labelled
        if there.all():
            return 0.0
        of_rest = np.average(self.predictions[~there], weights=self.weights[~there])
        return float(of_rest - np.average(self.predictions[there], weights=self.weights[there]))

    def power(self) -> float:
        """The lambda of least variance; 0 where nothing tells it."""
        labels, predictions = (np.bincount(self.codes, off) for off in (self.off_labels, self.off_predictions))
        spread = float(predictions @ predictions)
        tells = not self.labelled.all() and len(self.group_shares) > 2 and self.labels.std() > 0 and spread > 0
        return min(max(float(labels @ predictions) / spread, 0.0), 1.0) if tells else 0.0

    def variance(self, power: float, codes: NDArray[np.intp]) -> float:
        """Of the estimate: CR2 over the labelled cases of each cluster."""
        off = np.bincount(codes, self.off_labels - power * self.off_predictions)
        return float((off**2 / (1 - np.bincount(codes, self.shares))).sum())

    def binary_variance(self, power: float, share: float) -> float:
        """Of an estimate from labels of 0 and 1, with the added disagreements.

        Never less than if each case stood alone, and labels had the variance of their share: where few labels differ
        from the rest, those that were seen may all weigh little.
        """
        alone = np.arange(len(self.codes))
        kish = float(self.shares @ self.shares)
        added = PSEUDO * power**2 * kish**2 * ((1 - self.mean) ** 2 + (power + self.mean) ** 2)
        labels_alone = self.variance(0.0, alone)
        least = max(1.0, share * (1 - share) * kish / labels_alone) if labels_alone > 0 else 1.0
        return max(self.variance(power, self.codes), least * self.variance(power, alone)) + added

    def interval(self, estimate: float, power: float, level: float) -> Interval:
        """Wilson's for labels of 0 and 1, else Student's."""
        name = CLUSTERED if self.clustered else WEIGHTED
        groups = len(self.group_shares) if self.clustered else None
        if len(self.group_shares) < _FEWEST:
            what = "clusters with labels" if self.clustered else "labels"
            return Interval(estimate, None, level, self.n, name, f"fewer than three {what} tell too little", groups)
        freedom = max(1.0, satterthwaite(self.group_shares) - (1 if power > 0 else 0))
        t = student_quantile(freedom, (1 + level) / 2)
        if self._binary:
            share = min(max(estimate, 0.0), 1.0)
            variance = self.binary_variance(power, share)
            inner = variance > 0 and 0 < share < 1
            effective = share * (1 - share) / variance if inner else 1 / float(self.group_shares @ self.group_shares)
            method = f"{name}, Wilson score at the effective number of labels"
            return Interval(share, wilson(share, effective, t), level, self.n, method, clusters=groups)
        if np.ptp(self.labels) == 0:
            missing = "all labels are equal, which tells nothing of the spread"
            return Interval(estimate, None, level, self.n, name, missing, groups)
        reach = t * sqrt(self.variance(power, self.codes))
        return Interval(
            estimate, (estimate - reach, estimate + reach), level, self.n, f"{name}, Student's t", clusters=groups
        )

    @property
    def _binary(self) -> bool:
        return bool(np.isin(self.labels, (0.0, 1.0)).all())

    def labels_alone(self, level: float) -> Interval:
        """What the labels tell without the judge."""
        clusters = self.codes[self.labelled] if self.clustered else None
        return cluster_mean_interval(self.labels, clusters, self.weights[self.labelled], level)

    def correlation(self) -> float:
        """Of labels and predictions; NaN where either never varies."""
        own = self.predictions[self.labelled]
        varies = self.labels.std() > 0 and own.std() > 0
        return float(np.corrcoef(self.labels, own)[0, 1]) if varies else float("nan")
