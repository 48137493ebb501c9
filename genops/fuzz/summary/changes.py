"""The tries of a robustness part as numbers, read once and one by one: what is kept grows with the cases alone."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from genops.evals.summary import Measure
from genops.fuzz.robustness.relation import SOURCE, UNCHANGED
from genops.fuzz.search.behaviour import place
from genops.fuzz.summary.outcomes import ChangeOutcomes, outcome_of
from genops.fuzz.summary.rate import difference_of, rate_of
from genops.fuzz.summary.robustness import ChangedAnswer, ChangeRate, PromptSensitivity, RobustnessSummary
from genops.fuzz.summary.tally import mutators_of
from genops.fuzz.summary.verdict import standing_of_relation, standing_of_robustness
from genops.stats import ClusteredCounts, cluster_mean_interval
from genops.store.records.campaigns import TryRecord

_SCORED = ("same", "changed", "crashed")
_EXAMPLES = 3
"""Changed answers of one relation that are shown, each of another case."""


@dataclass
class _Cell:
    """Tries under one relation: what became of them, and of each case's."""

    outcomes: Counter[str] = field(default_factory=Counter)
    cases: dict[str, list[int]] = field(default_factory=dict)

    def add(self, made: TryRecord) -> None:
        self.outcomes[outcome_of(made)] += 1
        if made.outcome in _SCORED:
            counts = self.cases.setdefault(made.seed, [0, 0])
            counts[0] += made.outcome != "same"
            counts[1] += 1

    def rate(self) -> Measure:
        return rate_of(ClusteredCounts.of([(changed, tries) for changed, tries in self.cases.values()]))

    def excess(self, own: Mapping[str, list[int]]) -> Measure:
        """Over the cases that were asked without a change too."""
        both = [(changed, tries, own[case]) for case, (changed, tries) in self.cases.items() if case in own]
        if not both:
            return Measure.none("share", "no case could be scored both with a change and without")
        weights = np.array([tries for _, tries, _ in both], np.float64)
        differences = np.array([changed / tries - alone[0] / alone[1] for changed, tries, alone in both])
        found = replace(cluster_mean_interval(differences, weights=weights), n=int(weights.sum()))
        return difference_of(found)


@dataclass
class RobustnessTally:
    """The tries of a robustness part, counted.

    Attributes:
        cells: By relation.
        sources: The try of each case as it is, which others are compared with.
        first: How often a step of a prompt was the first to change, under any relation, by case.
        first_alone: The same without a change.
        examples: Tries whose answers changed, by relation.
        made: How many tries there are.
        lost: Why the first try that tells nothing does not; empty where all do.
    """

    cells: dict[str, _Cell] = field(default_factory=lambda: defaultdict(_Cell))
    sources: dict[str, TryRecord] = field(default_factory=dict)
    first: dict[tuple[str, str], Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    first_alone: dict[tuple[str, str], Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    examples: dict[str, list[TryRecord]] = field(default_factory=lambda: defaultdict(list))
    made: int = 0
    lost: str = ""

    def add(self, made: TryRecord) -> None:
        """Counts a try; those of a case come after that of its unchanged form."""
        self.made += 1
        if made.outcome not in (*_SCORED, "asked", "skipped") or (made.objective == SOURCE and made.error):
            self.lost = self.lost or _why(made)
        if made.objective == SOURCE:
            self.sources[made.seed] = made
            return
        self.cells[made.objective].add(made)
        if made.outcome not in _SCORED:
            return
        unchanged = made.objective == UNCHANGED
        if (where := _first(made))[0]:
            (self.first_alone if unchanged else self.first)[where][made.seed] += 1
        shown = self.examples[made.objective]
        another = len(shown) < _EXAMPLES and made.seed not in {other.seed for other in shown}
        if another and not unchanged and made.outcome != "same":
            shown.append(made)

    def summary(self, relations: Sequence[str], planned: int, at_most: Mapping[str, float]) -> RobustnessSummary:
        """What they come to.

        Args:
            relations: Of the campaign, in their order.
            planned: Tries that there are to be.
            at_most: By how much answers may change more often than by themselves, by relation.
        """
        own = self.cells[UNCHANGED].cases
        sources = Counter(outcome_of(made) for made in self.sources.values())
        baseline = _change_rate(UNCHANGED, self.cells[UNCHANGED], own, None)
        rates = tuple(_change_rate(name, self.cells[name], own, at_most.get(name)) for name in relations)
        failed = sources["infrastructure"] + sum(one.outcomes.infrastructure for one in (baseline, *rates))
        compared = sum(one.outcomes.scored for one in rates)
        changing = [one.relation for one in rates if one.rate.value]
        return RobustnessSummary(
            standing=standing_of_robustness(failed, planned - self.made, compared, changing, self.lost),
            planned=planned,
            made=self.made,
            cases=len(self.sources),
            unanswered=sources["crashed"],
            failed=sources["infrastructure"],
            baseline=baseline,
            relations=rates,
            prompts=self._prompts(),
            examples=tuple(self._example(made) for name in relations for made in self.examples[name]),
        )

    def _prompts(self) -> tuple[PromptSensitivity, ...]:
        alone = self.cells[UNCHANGED].cases
        tries: Counter[str] = Counter()
        for name, cell in self.cells.items():
            if name != UNCHANGED:
                tries.update({case: count for case, (_, count) in cell.cases.items()})
        asked = Counter({case: count for case, (_, count) in alone.items()})
        found = [
            PromptSensitivity(*key, _share(self.first[key], tries), _share(self.first_alone[key], asked))
            for key in sorted({*self.first, *self.first_alone})
        ]
        return tuple(sorted(found, key=lambda one: -(one.rate.value or 0.0)))

    def _example(self, made: TryRecord) -> ChangedAnswer:
        source = self.sources.get(made.seed)
        step, prompt = _first(made)
        answer, became = _about(made).get("answers", ("", ""))
        return ChangedAnswer(
            relation=made.objective,
            case=made.seed,
            outcome=made.outcome,
            mutators=mutators_of(made.mutations),
            before=source.run if source else "",
            after=made.run,
            answer=answer,
            became=became,
            step=step,
            prompt=prompt,
        )


def _share(hits: Counter[str], tries: Counter[str]) -> Measure:
    return rate_of(ClusteredCounts.of([(hits[case], count) for case, count in tries.items()]))


def _change_rate(name: str, cell: _Cell, own: Mapping[str, list[int]], at_most: float | None) -> ChangeRate:
    outcomes, rate = ChangeOutcomes(**cell.outcomes), cell.rate()
    if name == UNCHANGED:
        return ChangeRate(name, outcomes, rate, Measure.none("share", "others are compared with it"))
    excess = cell.excess(own)
    standing = None
    if at_most is not None:
        standing = standing_of_relation(name, outcomes, excess, rate.clusters or 0, at_most)
    return ChangeRate(name, outcomes, rate, excess, at_most, standing)


def _first(made: TryRecord) -> tuple[str, str]:
    """The step whose output was the first to change, items and rounds together, and its prompt."""
    about = _about(made)
    return place(about.get("step", "")), about.get("prompt", "")


def _why(made: TryRecord) -> str:
    return str(made.error.get("message") or made.scores.get("same", {}).get("unscored", ""))


def _about(made: TryRecord) -> dict[str, Any]:
    about: dict[str, Any] = made.scores.get("same", {}).get("metadata", {})
    return about
