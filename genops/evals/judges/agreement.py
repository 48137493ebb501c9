"""How far one judge agrees with people, in the usual coefficients."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from genops.evals.judges.labels import Judged, Labels
from genops.stats import Interval, cohen_kappa, gwet_ac1, krippendorff_alpha, raw_agreement


@dataclass(frozen=True, slots=True)
class Agreement:
    """Agreement verdict by verdict, both orders of a pair counted; intervals by whole clusters.

    Attributes:
        raw: Share of verdicts that are the person's label.
        kappa: Cohen's; with quadratic weights where labels are numbers.
        ac1: Gwet's, which stays high where nearly all labels are one word and judge and person agree.
        alpha: Krippendorff's; of intervals where labels are numbers.
    """

    raw: Interval
    kappa: Interval
    ac1: Interval
    alpha: Interval


def agreement(labels: Labels, rows: Sequence[Judged], level: float = 0.95) -> Agreement | None:
    """How far a judge agrees with people; None where it has no two verdicts on labelled cases.

    Args:
        labels: What the words of the file are.
        rows: The judge's, with a human label each.
        level: Of confidence.
    """
    said = [
        (row, row.human, word) for row in rows for word in row.verdicts if word is not None and row.human is not None
    ]
    if len(said) < 2:
        return None
    human, judge = [person for _, person, _ in said], [word for _, _, word in said]
    of_rows = [row.cluster for row, _, _ in said]
    clusters = of_rows if len(set(of_rows)) < len(of_rows) else None
    words = [word for word in labels.words if word in {*human, *judge}]
    if labels.kind != "number":
        return Agreement(
            raw_agreement(human, judge, clusters, level),
            cohen_kappa(human, judge, categories=words, clusters=clusters, level=level),
            gwet_ac1(human, judge, words, clusters, level),
            krippendorff_alpha([*zip(human, judge, strict=True)], "nominal", clusters, level),
        )
    scale = [float(word) for word in words]
    people, judged = [float(word) for word in human], [float(word) for word in judge]
    return Agreement(
        raw_agreement(people, judged, clusters, level),
        cohen_kappa(people, judged, "quadratic", scale, clusters, level),
        gwet_ac1(people, judged, scale, clusters, level),
        krippendorff_alpha([*zip(people, judged, strict=True)], "interval", clusters, level),
    )
