"""Which cases to label next: some at random, which estimates rest on, and some that tell much, for reading."""

from __future__ import annotations

import math
import random
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from genops.artifacts import Value
from genops.errors import UsageError
from genops.evals.judges.correction import planned_labels, scores_of
from genops.evals.judges.labels import Judged, Labels
from genops.stats import LabelPlan


@dataclass(frozen=True, slots=True)
class Planned:
    """A case to label.

    Attributes:
        row: What is known of it.
        drawn: ``random``, or ``chosen`` for how much it tells; only the former may enter an estimate.
        why: Why it was chosen; empty for one drawn at random.
    """

    row: Judged
    drawn: str
    why: str

    def to_value(self) -> dict[str, Value]:
        """A row of a labels file, for ``genops judge label``: without verdicts."""
        return {
            **self.row.named,
            "drawn": self.drawn,
            "why": self.why,
            "cluster": self.row.cluster,
            **self.row.shown,
        }


def plan(labels: Labels, count: int, random_share: float = 0.5, seed: int = 0) -> list[Planned]:
    """Cases without a human label, to be labelled next.

    Cases that were chosen because judges disagree on them are not like the others: a mean over them says nothing of the
    whole. So estimates rest on the random part alone, which is drawn from all cases that have no random label yet,
    those included that have a label because they were chosen; those are not asked again. The chosen part is for people
    to read.

    Args:
        labels: Verdicts of judges, with human labels where there are some.
        count: How many cases.
        random_share: The share of them that is drawn at random, from 0 to 1.
        seed: Of the draw.

    Raises:
        UsageError: Every case has a label.
    """
    cases: dict[str, list[Judged]] = {}
    for row in labels.rows:
        cases.setdefault(row.case, []).append(row)
    order = sorted(case for case in cases if case not in labels.human or case in labels.chosen)
    if not order:
        raise UsageError("every case has a human label: there is nothing to plan", hint="add rows without `human`")
    random.Random(seed).shuffle(order)
    at_random = math.ceil(min(count, len(order)) * random_share)
    drawn = [Planned(cases[case][0], "random", "") for case in order[:at_random]]
    rest = [case for case in order[at_random:] if case not in labels.human]
    rest.sort(key=lambda case: -disagreement(cases[case]))
    chosen = [Planned(cases[case][0], "chosen", _why(cases[case])) for case in rest[: count - at_random]]
    return drawn + chosen


@dataclass(frozen=True, slots=True)
class Reach:
    """What labels buy beside one judge's verdicts.

    Attributes:
        judge: Its name.
        labelled: Labels that there are.
        plan: Widths that are expected of more of them.
    """

    judge: str
    labelled: int
    plan: LabelPlan


def reaches(labels: Labels, width: float, level: float = 0.95) -> list[Reach]:
    """What labels would buy, judge by judge, by those that there are; without labels enough, nothing is known.

    Args:
        labels: Verdicts of judges, with some human labels.
        width: Of the interval, from end to end, that is wanted.
        level: Of its confidence.
    """
    found = []
    for judge, rows in labels.judges.items():
        plan = planned_labels(scores_of(labels, rows), labels, width, level)
        if plan is not None:
            cases = {row.case for row in rows} & labels.human.keys() - labels.chosen
            found.append(Reach(judge, len(cases), plan))
    return found


def disagreement(rows: Iterable[Judged]) -> float:
    """How far the verdicts on a case differ over judges, orders and repetitions: entropy in bits."""
    words = Counter(word or "unparsed" for row in rows for word in (*row.verdicts, *row.again) if row.judge)
    total = sum(words.values())
    return -sum(n / total * math.log2(n / total) for n in words.values()) if total else 0.0


def _why(rows: list[Judged]) -> str:
    reasons = []
    flipped = [row.judge for row in rows if row.flips]
    unparsed = [row.judge for row in rows if row.judge and None in row.verdicts]
    said = Counter(row.verdict for row in rows if row.judge and row.verdict is not None)
    if len(said) > 1:
        reasons.append("judges say " + ", ".join(f"{word} ({n})" for word, n in said.most_common()))
    if flipped:
        reasons.append(f"the order turns {', '.join(flipped)}")
    if unparsed:
        reasons.append(f"no verdict of {', '.join(unparsed)}")
    return "; ".join(reasons) or "all agree: nothing tells more"
