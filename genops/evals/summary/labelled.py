"""Scores beside labels of people: each mean corrected by the cases that people labelled."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from genops.evals.judges.correction import Beside
from genops.evals.judges.labels import Labels
from genops.evals.summary.arms import Arm
from genops.evals.summary.cases import Cases
from genops.evals.summary.measure import Measure
from genops.evals.summary.metric import MetricSummary, case_values
from genops.tracing.quantities import counted

_NAMED = 5


@dataclass(frozen=True, slots=True)
class Labelled:
    """The labels of people for an evaluation.

    Attributes:
        labels: Of its file.
        variants: Names of the variants; labels that name none are of the first one's outputs.
        cases: Of the evaluation.
    """

    labels: Labels
    variants: Sequence[str]
    cases: Cases

    def corrected(self, metrics: Mapping[str, MetricSummary], arm: Arm) -> dict[str, MetricSummary]:
        """The metrics of a variant, each with its prediction-powered mean: what people would have given all cases.

        Args:
            metrics: By name.
            arm: The variant's samples.
        """
        return {name: replace(metric, corrected=self._corrected(metric, arm)) for name, metric in metrics.items()}

    def _corrected(self, metric: MetricSummary, arm: Arm) -> Measure:
        cases, first = self.cases, arm.name == self.variants[0]
        labels = self.labels.of(arm.name, metric.spec.name, first=first)
        unit = "score" if labels.kind == "number" else metric.mean.unit
        if metric.spec.ends is None and not any(row.metric for row in labels.rows):
            return Measure.none(unit, "it has no bounds, and no label names it as its `metric`")
        scores: dict[str, float | None] = dict.fromkeys(cases.ids)
        places, values = case_values(metric.spec, arm, cases)
        scores.update((cases.ids[place], value) for place, value in zip(places.tolist(), values.tolist(), strict=True))
        clusters = None if cases.clusters is None else dict(zip(cases.ids, cases.clusters.tolist(), strict=True))
        weights = None if cases.weights is None else dict(zip(cases.ids, cases.weights.tolist(), strict=True))
        beside = Beside.of(scores, labels, clusters, weights)
        if not beside.missing:
            return Measure.of(beside.powered().interval, unit)
        unnamed = not first and not labels.rows and any(not row.variant for row in self.labels.rows)
        hint = f"; labels that name no `variant` are of {self.variants[0]}" if unnamed else ""
        return Measure.none(unit, beside.missing + hint)

    def notes(self, metrics: Sequence[str]) -> Iterator[str]:
        """Labels that nothing here is corrected by.

        Args:
            metrics: Names of all metrics.
        """
        rows = {row.case: row for row in self.labels.rows if row.human is not None}.values()
        for what, known, named in (
            ("case", self.cases.ids, [row.id for row in rows]),
            ("variant", self.variants, [row.variant for row in rows if row.variant]),
            ("metric", metrics, [row.metric for row in rows if row.metric]),
        ):
            here = set(known)
            lost = [name for name in named if name not in here]
            if lost:
                names = list(dict.fromkeys(lost))
                shown = ", ".join(names[:_NAMED]) + (", …" if len(names) > _NAMED else "")
                yield f"{counted(len(lost), 'label')} of people name a {what} that is not here: {shown}"
        if len(self.variants) > 1 and any(not row.variant for row in rows):
            yield f"labels of people that name no variant are taken to be of the outputs of {self.variants[0]}"
