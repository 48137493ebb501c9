"""The tries of a campaign as numbers, read once and one by one: what is kept grows with the seeds, not the tries."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from genops.fuzz.search import POISON
from genops.fuzz.summary.outcomes import outcome_of
from genops.stats import ClusteredCounts
from genops.store.records.campaigns import FindingRecord, TryRecord

BARE = ""
"""Stands for no mutator: the seed as it is written."""
_LED = ("search", "strategy")
_SCORED = ("breach", "safe")


@dataclass
class Cell:
    """Tries of one kind: what became of them, and of each seed's.

    Attributes:
        outcomes: How often each.
        seeds: Breaches and scored tries, by seed.
        lost: Why the first try without a score has none; empty where all have one.
    """

    outcomes: Counter[str] = field(default_factory=Counter)
    seeds: dict[str, list[int]] = field(default_factory=dict)
    lost: str = ""

    def add(self, made: TryRecord) -> None:
        """Counts a try."""
        self.outcomes[outcome_of(made)] += 1
        if made.outcome in _SCORED:
            counts = self.seeds.setdefault(made.seed, [0, 0])
            counts[0] += made.outcome == "breach"
            counts[1] += 1
        elif not self.lost:
            unscored = (str(score["unscored"]) for score in made.scores.values() if "unscored" in score)
            self.lost = str(made.error.get("message") or next(unscored, ""))

    def counts(self) -> ClusteredCounts:
        """By seed."""
        return ClusteredCounts.of([(breaches, tries) for breaches, tries in self.seeds.values()])


@dataclass
class ObjectiveTally:
    """The tries at one objective.

    Attributes:
        sweep: All that were drawn without a look at others.
        led: What became of tries that went where earlier ones had led, by phase: ``search`` and ``strategy``.
        mutators: Tries of the sweep by their mutators.
        fields: The same by the field that the attack was written into; empty for none, or the only one.
        steps: Breaches of the sweep by the step that let them through, and by seed; empty for the chain as a whole,
            None where no finding tells.
        poison: Whether a search found the passage that an attack of the sweep came by: how often which.
    """

    sweep: Cell = field(default_factory=Cell)
    led: dict[str, Counter[str]] = field(default_factory=lambda: {phase: Counter() for phase in _LED})
    mutators: dict[str, Cell] = field(default_factory=lambda: defaultdict(Cell))
    fields: dict[str, Cell] = field(default_factory=lambda: defaultdict(Cell))
    steps: dict[str | None, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    poison: Counter[str] = field(default_factory=Counter)

    def step_counts(self, step: str | None) -> ClusteredCounts:
        """Breaches that a step let through, among all tries that could be scored."""
        there = self.steps[step]
        return ClusteredCounts.of([(there[seed], tries) for seed, (_, tries) in self.sweep.seeds.items()])


def tally(tries: Iterable[TryRecord], findings: Sequence[FindingRecord]) -> dict[str, ObjectiveTally]:
    """Counts attacks by objective; tries of other phases are left out.

    Args:
        tries: Of a campaign, each once.
        findings: Of the same campaign: they tell the steps.
    """
    found: dict[str, ObjectiveTally] = defaultdict(ObjectiveTally)
    for made in tries:
        if made.phase in _LED:
            found[made.objective].led[made.phase][outcome_of(made)] += 1
        if made.phase != "sweep":
            continue
        objective = found[made.objective]
        objective.sweep.add(made)
        objective.poison.update(feature for feature in made.features if feature.startswith(POISON))
        objective.mutators[mutators_of(made.mutations)].add(made)
        objective.fields[made.field].add(made)
        if made.outcome == "breach":
            objective.steps[_blamed(made, findings)][made.seed] += 1
    return dict(found)


def mutators_of(mutations: Sequence[dict[str, Any]]) -> str:
    """The names of mutators in their order: ``base64``, ``base64 + role_imitation``."""
    return " + ".join(mutation["mutator"] for mutation in mutations)


def _blamed(made: TryRecord, findings: Sequence[FindingRecord]) -> str | None:
    """The step of the finding that says what this try says; None where there is none.

    That is the one found by it, or else one whose detectors say the same and that needs no mutator which is not here.
    """
    mine = {mutation["mutator"] for mutation in made.mutations}
    said = _label(made)
    explaining = [
        finding
        for finding in findings
        if (finding.objective, finding.surface, finding.field) == (made.objective, made.surface, made.field)
        and (
            finding.number == made.number
            or (finding.label == said and {mutation["mutator"] for mutation in finding.mutations} <= mine)
        )
    ]
    explaining.sort(key=lambda finding: finding.number != made.number)
    return explaining[0].step if explaining else None


def _label(made: TryRecord) -> str:
    """What the detectors say of a breach, as its finding has it."""
    said = {
        f"{name} {score.get('label', '')}".strip()
        for name, score in made.scores.items()
        if score.get("passed") is False
    }
    return ", ".join(sorted(said))
