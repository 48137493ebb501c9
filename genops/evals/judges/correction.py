"""A judge's scores corrected by people's labels: prediction-powered means."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean

from genops.evals.judges.labels import Judged, Labels
from genops.stats import LabelPlan, PredictionPowered, labels_for_width, prediction_powered_mean

FEWEST = 3
"""Labels below which there is nothing to correct with."""


@dataclass(frozen=True, slots=True)
class _Split:
    """Scores beside labels: those of the same cases, and the scores of the others."""

    labels: list[float]
    scores: list[float]
    others: list[float]


def prediction_powered(
    scores: Mapping[str, float | None], labels: Labels, level: float = 0.95, *, finite: bool = False
) -> PredictionPowered | None:
    """The mean that people would have given all cases: the labels, sharpened by a judge's scores (PPI++).

    Only labels of cases that were not chosen for what they tell count; the scores of all cases do. A case that the
    judge could not score counts with its mean score, which costs width and not truth. The result is in the units of
    the labels: 1 and 0 for ``yes`` and ``no``, numbers as they are.

    Args:
        scores: The judge's, by case; None where it gave none.
        labels: Of people.
        level: Of confidence.
        finite: Whether the mean is that of these cases and no others.

    Returns:
        None where fewer than three of these cases have a label that is a number, or the judge scored nothing. Also
        where several of them share a cluster: the interval would be too narrow.
    """
    split = _split(scores, labels)
    return (
        None
        if split is None
        else prediction_powered_mean(split.labels, split.scores, split.others, level, finite=finite)
    )


def planned_labels(
    scores: Mapping[str, float | None], labels: Labels, width: float, level: float = 0.95
) -> LabelPlan | None:
    """How many labels in all bring the corrected mean to a width; None where :func:`prediction_powered` gives none."""
    split = _split(scores, labels)
    return None if split is None else labels_for_width(split.labels, split.scores, split.others, width, level)


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
    if powered is None or not abs(powered.correlation) < 1 or math.isnan(powered.correlation):
        return None
    return 1.0 if powered.correlation < 0 else 1 / (1 - powered.correlation**2)


def _split(scores: Mapping[str, float | None], labels: Labels) -> _Split | None:
    clusters = {row.case: row.cluster for row in labels.rows}
    seen = [clusters.get(case, case) for case in scores]
    known = [score for score in scores.values() if score is not None]
    if not known or len(set(seen)) < len(seen):
        return None
    middle = fmean(known)
    split = _Split([], [], [])
    for case, score in scores.items():
        value = middle if score is None else score
        label = None if case in labels.chosen or case not in labels.human else labels.value(labels.human[case])
        if label is None:
            split.others.append(value)
        else:
            split.labels.append(label)
            split.scores.append(value)
    return split if len(split.labels) >= FEWEST else None
