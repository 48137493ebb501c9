"""Judges measured against people: how far they agree, what sways them, and which cases to read first."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from statistics import fmean
from typing import Any

from genops.artifacts import Value
from genops.errors import UsageError, nearest
from genops.evals.judges.agreement import Agreement, agreement
from genops.evals.judges.bias import (
    first_preference,
    length_preference,
    longer_shares,
    position_flips,
    self_consistency,
)
from genops.evals.judges.correction import prediction_powered, scores_of, worth
from genops.evals.judges.labels import Judged, Labels
from genops.evals.judges.weakness import FEWEST, weaknesses
from genops.stats import Interval, PredictionPowered, cluster_mean_interval


@dataclass(frozen=True, slots=True)
class Reading:
    """A case that a person should read.

    Attributes:
        case: Its id.
        human: What people say.
        verdicts: What the judge says, in each order.
        why: What is striking.
    """

    case: str
    human: str
    verdicts: tuple[str | None, ...]
    why: str


@dataclass(frozen=True, slots=True)
class JudgeReport:
    """What is known of one judge.

    Attributes:
        judge: Its name.
        cases: Cases with a human label that was not chosen for it, on which all else rests.
        verdicts: Verdicts on them, both orders and counted each.
        unparsed: How many of them were none.
        agreement: With people, verdict by verdict; None below two labelled cases.
        behind: How much less often it is right than the best judge, case by case; None for the best itself.
        flips: Share of cases whose verdict changes with the order.
        first: Preference for what stands first, -1 to 1.
        length: Preference for length beyond people's.
        longer: Of pairs, how often the longer text is preferred by the judge and by people.
        consistency: How often it says the same when asked again.
        confusion: How often people say one word and the judge another; None stands for no verdict.
        estimate: The human mean over all cases that its verdicts and the labels give together; None where labels are
            no numbers, or too few.
        worth: How many labels alone one label is worth beside its verdicts.
        weak: Its weaknesses, in words; empty when none was found.
        read: Cases to read first.
    """

    judge: str
    cases: int
    verdicts: int
    unparsed: int
    agreement: Agreement | None
    behind: Interval | None
    flips: Interval | None
    first: Interval | None
    length: Interval | None
    longer: tuple[float, float] | None
    consistency: Interval | None
    confusion: dict[tuple[str, str | None], int]
    estimate: PredictionPowered | None
    worth: float | None
    weak: tuple[str, ...]
    read: tuple[Reading, ...]


@dataclass(frozen=True, slots=True)
class JudgesReport:
    """All judges of a labels file, the best first.

    Attributes:
        kind: What the labels are: ``pair``, ``word`` or ``number``.
        labelled: Cases with a human label.
        chosen: How many of them were chosen, and are left out of all figures.
        judges: By kappa, best first.
        doubtful: Cases on which more than half of the judges steadily contradict people: the label may be the mistake.
    """

    kind: str
    labelled: int
    chosen: int
    judges: tuple[JudgeReport, ...]
    doubtful: tuple[str, ...]

    @property
    def enough(self) -> bool:
        """Whether every judge has labelled cases enough to say something."""
        return all(report.cases >= FEWEST for report in self.judges)

    def to_json(self) -> Value:
        """Everything, as plain data."""
        return {
            "kind": self.kind,
            "labelled": self.labelled,
            "chosen": self.chosen,
            "judges": [_plain(report) for report in self.judges],
            "doubtful": [*self.doubtful],
        }


def check_judges(labels: Labels, judge: str | None = None, level: float = 0.95) -> JudgesReport:
    """Measures every judge of a labels file against people.

    Args:
        labels: Verdicts and human labels.
        judge: Only this one.
        level: Of confidence, of every interval.

    Raises:
        UsageError: There are no verdicts, no human labels, or no such judge.
    """
    if not labels.judges:
        raise UsageError("no row has a judge's verdict", hint="name the column `verdict` (or `forward`)")
    if not labels.human:
        raise UsageError("no row has a human label", hint="`genops judge label` asks for them; the column is `human`")
    if judge is not None and judge not in labels.judges:
        raise UsageError(f"there is no judge {judge!r} in the labels", hint=nearest(judge, labels.judges))
    names = list(labels.judges) if judge is None else [judge]
    rows = {name: _measured(labels, labels.judges[name]) for name in names}
    right = {name: _right(labels, measured) for name, measured in rows.items()}
    agreements = {
        name: agreement(labels, measured, level) if len(measured) > 1 else None for name, measured in rows.items()
    }
    ranked = sorted(names, key=lambda name: -_kappa(agreements[name]))
    reports = (
        _report(
            labels, name, rows[name], agreements[name], _behind(rows[name], right[name], right[ranked[0]], level), level
        )
        for name in ranked
    )
    return JudgesReport(
        labels.kind,
        len(labels.human),
        len(labels.chosen & labels.human.keys()),
        tuple(reports),
        _doubtful(labels, rows),
    )


def _measured(labels: Labels, rows: Sequence[Judged]) -> list[Judged]:
    """What a judge is measured on: cases with a label that were not chosen because judges disagree on them."""
    return [row for row in rows if row.human is not None and row.case not in labels.chosen]


def _report(
    labels: Labels, name: str, rows: list[Judged], agreed: Agreement | None, behind: Interval | None, level: float
) -> JudgeReport:
    verdicts = [word for row in rows for word in row.verdicts]
    estimate = prediction_powered(scores_of(labels, labels.judges[name]), labels, level)
    confusion = Counter((row.human, word) for row in rows for word in row.verdicts if row.human is not None)
    found = JudgeReport(
        judge=name,
        cases=len(rows),
        verdicts=len(verdicts),
        unparsed=verdicts.count(None),
        agreement=agreed,
        behind=behind,
        flips=position_flips(rows, level),
        first=first_preference(rows, level),
        length=length_preference(labels, rows, level),
        longer=longer_shares(labels, rows),
        consistency=self_consistency(rows, level),
        confusion=dict(confusion),
        estimate=estimate,
        worth=worth(estimate),
        weak=(),
        read=tuple(_readings(rows)),
    )
    return replace(found, weak=tuple(weaknesses(found)))


def _kappa(agreed: Agreement | None) -> float:
    """For ranks; those of which nothing is known stand last."""
    known = agreed is not None and not math.isnan(agreed.kappa.estimate)
    return agreed.kappa.estimate if agreed is not None and known else -math.inf


def _right(labels: Labels, rows: Sequence[Judged]) -> dict[str, float]:
    """How far each case is judged as by people, over its orders: cases without a verdict are left out."""
    found = {}
    for row in rows:
        said = [word for word in row.verdicts if word is not None]
        if said and row.human is not None:
            found[row.case] = fmean(_closeness(labels, word, row.human) for word in said)
    return found


def _closeness(labels: Labels, word: str, human: str) -> float:
    if labels.kind != "number":
        return float(word == human)
    one, other = labels.value(word), labels.value(human)
    return -abs(one - other) if one is not None and other is not None else 0.0


def _behind(
    rows: Sequence[Judged], right: Mapping[str, float], best: Mapping[str, float], level: float
) -> Interval | None:
    """How much less a judge is right than the best one, on the cases that both have judged."""
    both = [row for row in rows if row.case in right and row.case in best]
    if right is best or not both:
        return None
    differences = [best[row.case] - right[row.case] for row in both]
    return cluster_mean_interval(differences, [row.cluster for row in both], level=level)


def _readings(rows: Sequence[Judged], limit: int = 10) -> list[Reading]:
    """Cases to read first: steadily against people, then turned by the order, then without a verdict."""
    kinds: dict[str, list[Judged]] = {"contradicts people": [], "turns with the order": [], "no verdict": []}
    for row in rows:
        said = {word for word in row.verdicts if word is not None}
        if None in row.verdicts:
            kinds["no verdict"].append(row)
        elif row.flips:
            kinds["turns with the order"].append(row)
        elif row.human not in said:
            kinds["contradicts people"].append(row)
    found = [Reading(row.case, row.human or "", row.verdicts, why) for why, some in kinds.items() for row in some]
    return found[:limit]


def _doubtful(labels: Labels, rows: Mapping[str, Sequence[Judged]]) -> tuple[str, ...]:
    if len(rows) < 3:
        return ()
    against = Counter(
        row.case for some in rows.values() for row in some if None not in row.verdicts and row.human not in row.verdicts
    )
    return tuple(case for case, count in against.most_common() if 2 * count > len(rows))


def _plain(value: Any) -> Any:
    if hasattr(value, "__dataclass_fields__"):
        return {field.name: _plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, dict):
        return [
            {"human": human, "verdict": word, "count": count} for (human, word), count in sorted(value.items(), key=str)
        ]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return [_plain(item) for item in value] if isinstance(value, (list, tuple)) else value
