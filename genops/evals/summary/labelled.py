"""Scores beside labels of people: each mean corrected by the cases that people labelled."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from genops.evals.judges.correction import prediction_powered
from genops.evals.judges.labels import Labels
from genops.evals.summary.arms import Arm
from genops.evals.summary.cases import Cases
from genops.evals.summary.measure import Measure
from genops.evals.summary.metric import MetricSummary, case_values


def corrected_metrics(
    metrics: Mapping[str, MetricSummary], arm: Arm, cases: Cases, labels: Labels
) -> dict[str, MetricSummary]:
    """The metrics of a variant, each with its prediction-powered mean: what people would have given all cases.

    Args:
        metrics: By name.
        arm: The variant's samples.
        cases: Of the evaluation.
        labels: Of the variant's outputs.
    """
    return {name: replace(metric, corrected=_corrected(metric, arm, cases, labels)) for name, metric in metrics.items()}


def _corrected(metric: MetricSummary, arm: Arm, cases: Cases, labels: Labels) -> Measure | None:
    """None where there are too few labels, or the estimate's assumptions do not hold."""
    if cases.weights is not None or cases.clusters is not None or metric.spec.ends is None:
        return None
    scores: dict[str, float | None] = dict.fromkeys(cases.ids)
    places, values = case_values(metric.spec, arm, cases)
    scores.update((cases.ids[place], value) for place, value in zip(places.tolist(), values.tolist(), strict=True))
    found = prediction_powered(scores, labels)
    return None if found is None else Measure.of(found.interval, metric.mean.unit)
