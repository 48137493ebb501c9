"""A judge's scores corrected by people's labels: prediction-powered means."""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from statistics import fmean

from genops.evals.judges.labels import Judged, Labels
from genops.stats import (
    LabelPlan,
    PredictionPowered,
    cluster_prediction_powered_mean,
    labels_for_width,
    prediction_powered_mean,
)
from genops.tracing.quantities import counted

FEWEST = 3
"""Labels below which there is nothing to correct with."""
_NAMED = 3


@dataclass(frozen=True, slots=True)
class Beside:
    """A judge's scores beside the labels of people, case by case.

    Attributes:
        labels: Of people; NaN for a case that has none.
        scores: Of the judge.
        clusters: Of the cases; None where no two share one.
        weights: Of the cases; None where all count the same.
        missing: Why there is nothing to correct with; empty where there is.
        shares: Whether labels lie between 0 and 1, and no mean of them beyond.
    """

    labels: list[float]
    scores: list[float]
    clusters: list[Hashable] | None = None
    weights: list[float] | None = None
    missing: str = ""
    shares: bool = False

    @classmethod
    def of(
        cls,
        scores: Mapping[str, float | None],
        labels: Labels,
        clusters: Mapping[str, Hashable] | None = None,
        weights: Mapping[str, float] | None = None,
    ) -> Beside:
        """Puts them side by side; as ``prediction_powered`` tells."""
        known = [score for score in scores.values() if score is not None]
        if not known:
            return cls([], [], missing="nothing is scored")
        middle = fmean(known)
        usable = {
            case: labels.value(word)
            for case, word in labels.human.items()
            if case in scores and case not in labels.chosen
        }
        said = [math.nan if (value := usable.get(case)) is None else value for case in scores]
        count = sum(not math.isnan(value) for value in said)
        if None in usable.values() and count:
            return cls([], [], missing=_no_numbers(labels, usable))
        own: Mapping[str, Hashable] = clusters or {row.case: row.cluster for row in labels.rows}
        groups = [own.get(case, case) for case in scores]
        return cls(
            said,
            [middle if score is None else score for score in scores.values()],
            groups if len(set(groups)) < len(groups) else None,
            None if weights is None else [weights[case] for case in scores],
            "" if count >= FEWEST else _too_few(count, scores, labels),
            labels.kind != "number",
        )

    def powered(self, level: float = 0.95) -> PredictionPowered:
        """The corrected mean."""
        found = self._powered(level)
        if not self.shares:
            return found
        return replace(
            found, interval=found.interval.within(0.0, 1.0), labels_alone=found.labels_alone.within(0.0, 1.0)
        )

    def _powered(self, level: float) -> PredictionPowered:
        if self.clusters is not None or self.weights is not None:
            return cluster_prediction_powered_mean(self.labels, self.scores, self.clusters, self.weights, level)
        return prediction_powered_mean(*self._split(), level)

    def plan(self, width: float, level: float = 0.95) -> LabelPlan:
        """How many labels bring the corrected mean to a width; clusters widen it as they do now (design effect)."""
        ratio = 1.0
        if self.clusters is not None or self.weights is not None:
            now, alone = (
                _width(found) for found in (self._powered(level), prediction_powered_mean(*self._split(), level))
            )
            ratio = now / alone
        plan = labels_for_width(*self._split(), width / ratio, level)
        return replace(plan, width=width, curve=tuple((count, wide * ratio) for count, wide in plan.curve))

    def _split(self) -> tuple[list[float], list[float], list[float]]:
        """Labels, the scores of the same cases, and the scores of the others."""
        both = [*zip(self.labels, self.scores, strict=True)]
        there = [(label, score) for label, score in both if not math.isnan(label)]
        others = [score for label, score in both if math.isnan(label)]
        return [label for label, _ in there], [score for _, score in there], others


def prediction_powered(
    scores: Mapping[str, float | None],
    labels: Labels,
    level: float = 0.95,
    clusters: Mapping[str, Hashable] | None = None,
    weights: Mapping[str, float] | None = None,
) -> PredictionPowered | None:
    """The mean that people would have given all cases: the labels, sharpened by a judge's scores (PPI++).

    Only labels of cases that were not chosen for what they tell count; the scores of all cases do. A case that the
    judge could not score counts with its mean score, which costs width and not truth. The result is in the units of
    the labels: 1 and 0 for ``yes`` and ``no``, numbers as they are. Where cases share a cluster its interval is
    cluster-robust.

    Args:
        scores: The judge's, by case; None where it gave none.
        labels: Of people.
        level: Of confidence.
        clusters: By case; None takes those that the labels name.
        weights: By case; None where all count the same.

    Returns:
        None where fewer than three of these cases have a label, a label is no number, or the judge scored nothing.
    """
    beside = Beside.of(scores, labels, clusters, weights)
    return None if beside.missing else beside.powered(level)


def planned_labels(
    scores: Mapping[str, float | None], labels: Labels, width: float, level: float = 0.95
) -> LabelPlan | None:
    """How many labels in all bring the corrected mean to a width.

    Returns:
        None where :func:`prediction_powered` gives none, or no interval: nothing is known of further labels.
    """
    beside = Beside.of(scores, labels)
    return None if beside.missing or not beside.powered(level).interval.bounds else beside.plan(width, level)


def scores_of(labels: Labels, rows: Sequence[Judged]) -> dict[str, float | None]:
    """A judge's verdicts as numbers, by case: the mean of both orders."""
    found: dict[str, float | None] = {}
    for row in rows:
        values = [labels.value(word) for word in row.verdicts if word is not None]
        known = [value for value in values if value is not None]
        found[row.case] = fmean(known) if known else None
    return found


def worth(powered: PredictionPowered | None) -> float | None:
    """How many labels alone one label is worth beside any number of the judge's scores; None where that is not known.

    The inverse of the share of the labels' variance that the scores leave, 1 / (1 - correlation squared).
    """
    if powered is None or not abs(powered.correlation) < 1 - 1e-9:
        return None
    return 1.0 if powered.correlation < 0 else 1 / (1 - powered.correlation**2)


def _width(found: PredictionPowered) -> float:
    low, high = found.interval.bounds or (0.0, math.inf)
    return high - low


def _too_few(count: int, scores: Mapping[str, float | None], labels: Labels) -> str:
    """Why labels do not suffice, in words."""
    of_cases = [word for case, word in labels.human.items() if case in scores]
    if not of_cases:
        return "no case of it has a label"
    chosen = sum(case in scores for case in labels.chosen & labels.human.keys())
    told = f"{counted(count, 'label')} that estimates may rest on, of {len(of_cases):,}: three are needed"
    words = sum(labels.value(word) is None for word in of_cases)
    reasons = [
        f"{chosen:,} chosen for reading" if chosen else "",
        f"{words:,} no number, yes or no" if words else "",
    ]
    return told + (f" ({', '.join(filter(None, reasons))})" if any(reasons) else "")


def _no_numbers(labels: Labels, usable: Mapping[str, float | None]) -> str:
    """That some labels are no numbers: the mean of the others would be that of cases of another kind."""
    words = sorted({labels.human[case] for case, value in usable.items() if value is None})
    count = sum(value is None for value in usable.values())
    return (
        f"{count:,} of {counted(len(usable), 'label')} with neither a number nor yes or no: {', '.join(words[:_NAMED])}"
    )
