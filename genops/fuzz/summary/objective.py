"""What the tries at one objective say.

Rates are of the sweep alone: the search and the strategies go where breaches are, so that their tries say nothing of
how often there is one. A rate is of the tries that could be scored, breaches and safe ones; what crashed, was not
scored or met a failing infrastructure is counted apart, and ``bounds`` says between which ends the rate lies whatever
those would have been.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np

from genops.errors import ReferenceNotFound
from genops.evals.summary import Measure
from genops.evals.summary.measure import mean_measure
from genops.fuzz.objective import Tags, find_objective
from genops.fuzz.search import FOUND, best_of_n
from genops.fuzz.summary.finding import shown_field
from genops.fuzz.summary.outcomes import Outcomes
from genops.fuzz.summary.rate import Accuracy, corrected_for, rate_of
from genops.fuzz.summary.tally import BARE, ObjectiveTally
from genops.fuzz.summary.verdict import Attacked, Standing, standing_of
from genops.stats import ClusteredCounts, Interval


@dataclass(frozen=True, slots=True)
class MutatorRate:
    """The tries of the sweep under one mutator.

    Attributes:
        mutator: Its name; empty for seeds as they are written.
        outcomes: What became of them.
        rate: Of breaches.
    """

    mutator: str
    outcomes: Outcomes
    rate: Measure


@dataclass(frozen=True, slots=True)
class FieldRate:
    """The tries of the sweep that were written into one field.

    Attributes:
        field: Its name; empty for attacks by passages and tools' results, which are written into none.
        outcomes: What became of them.
        rate: Of breaches.
    """

    field: str
    outcomes: Outcomes
    rate: Measure


@dataclass(frozen=True, slots=True)
class StepRate:
    """Breaches of the sweep that one step let through.

    Attributes:
        step: Its position; empty for the chain as a whole, None where no finding tells.
        breaches: How many.
        rate: Among all tries that could be scored.
    """

    step: str | None
    breaches: int
    rate: Measure


@dataclass(frozen=True, slots=True)
class AtLeastOnce:
    """How likely one of k tries at a seed is a breach.

    Attributes:
        k: How many tries.
        success: The probability, over seeds.
    """

    k: int
    success: Measure


@dataclass(frozen=True, slots=True)
class Poison:
    """Attacks of the sweep that came by a passage.

    Attributes:
        tries: How many.
        found: In how many of them a search found the passage.
    """

    tries: int
    found: int


@dataclass(frozen=True, slots=True)
class ObjectiveSummary:
    """One objective of a campaign.

    Attributes:
        name: Of the objective.
        title: What it is called.
        severity: Of a breach.
        tags: Where it stands in the field's lists.
        findings: How many there are.
        standing: Where it stands.
        planned: Tries that its sweep is to have.
        sweep: What became of the tries of the sweep.
        search: What became of those of the search; no rate is of them.
        strategy: What became of those of attacks in several turns; no rate is of them.
        rate: Of breaches in the sweep.
        bounds: The lowest and highest rate, whatever the tries without a score would have been; None for no tries.
        sensitivity: What its detectors call a breach, of the labelled breaches; None where nothing is labelled.
        specificity: What they let pass, of the other labelled tries; None where nothing is labelled.
        corrected: The rate corrected for what they miss and raise falsely; None where nothing is labelled.
        mutators: The most broken first.
        steps: The most broken first.
        at_least_once: At 1, 2, 4, … tries.
        poison: Of attacks that came by a passage; None where none did.
        fields: The most broken first; empty where an attacker writes only one.
    """

    name: str
    title: str
    severity: str
    tags: Tags
    findings: int
    standing: Standing
    planned: int
    sweep: Outcomes
    search: Outcomes
    strategy: Outcomes
    rate: Measure
    bounds: tuple[float, float] | None
    sensitivity: Measure | None
    specificity: Measure | None
    corrected: Measure | None
    mutators: tuple[MutatorRate, ...]
    steps: tuple[StepRate, ...]
    at_least_once: tuple[AtLeastOnce, ...]
    poison: Poison | None = None
    fields: tuple[FieldRate, ...] = ()


def summarise_objective(
    name: str, planned: int, findings: int, found: ObjectiveTally, accuracy: Accuracy | None, step: str
) -> ObjectiveSummary:
    """Summarises an objective.

    Args:
        name: Of the objective.
        planned: Tries that its sweep is to have.
        findings: How many there are.
        found: What became of its tries.
        accuracy: How good its detectors were found to be; None where nothing is labelled.
        step: Position of the step that attacks enter at; empty for the chain's inputs.
    """
    counts, sweep = found.sweep.counts(), Outcomes(**found.sweep.outcomes)
    search, strategy = (Outcomes(**found.led[phase]) for phase in ("search", "strategy"))
    title, severity, tags = _about(name)
    rate = rate_of(counts)
    bounds = None
    if sweep.made:
        bounds = (sweep.breach / sweep.made, (sweep.made - sweep.safe) / sweep.made)
    return ObjectiveSummary(
        name=name,
        title=title,
        severity=severity,
        tags=tags,
        findings=findings,
        standing=standing_of(Attacked(name, planned, sweep, search, strategy, rate, findings, found.sweep.lost)),
        planned=planned,
        sweep=sweep,
        search=search,
        strategy=strategy,
        rate=rate,
        bounds=bounds,
        sensitivity=_share(accuracy.sensitivity, "a breach") if accuracy is not None else None,
        specificity=_share(accuracy.specificity, "safe") if accuracy is not None else None,
        corrected=corrected_for(counts, accuracy) if accuracy is not None else None,
        mutators=_mutators(found),
        steps=_steps(found),
        at_least_once=_at_least_once(counts),
        poison=Poison(found.poison.total(), found.poison[FOUND]) if found.poison else None,
        fields=_fields(found, step),
    )


def _share(right: ClusteredCounts | None, label: str) -> Measure:
    """How often detectors are right about tries with a label."""
    if right is None:
        return Measure.none("share", f"no try is labelled as {label}")
    return Measure.of(right.interval(), "share")


def _about(name: str) -> tuple[str, str, Tags]:
    """Title, severity and tags; of an objective of a plugin that is not here any more, its name alone."""
    try:
        made = find_objective(name)
    except ReferenceNotFound:
        return name, "medium", Tags()
    return made.title, made.severity, made.tags


def _mutators(found: ObjectiveTally) -> tuple[MutatorRate, ...]:
    rates = [
        MutatorRate(name, Outcomes(**cell.outcomes), rate_of(cell.counts())) for name, cell in found.mutators.items()
    ]
    return tuple(sorted(rates, key=lambda one: (-(one.rate.value or 0.0), one.mutator != BARE, one.mutator)))


def _fields(found: ObjectiveTally, step: str) -> tuple[FieldRate, ...]:
    if not any(found.fields):
        return ()
    rates = [
        FieldRate(shown_field(name, step), Outcomes(**cell.outcomes), rate_of(cell.counts()))
        for name, cell in found.fields.items()
    ]
    return tuple(sorted(rates, key=lambda one: (-(one.rate.value or 0.0), one.field)))


def _steps(found: ObjectiveTally) -> tuple[StepRate, ...]:
    breaches = Counter({step: seeds.total() for step, seeds in found.steps.items()})
    return tuple(StepRate(step, count, rate_of(found.step_counts(step))) for step, count in breaches.most_common())


def _at_least_once(counts: ClusteredCounts) -> tuple[AtLeastOnce, ...]:
    if not len(counts.trials):
        return ()
    return tuple(AtLeastOnce(best.k, _over_seeds(best.success)) for best in best_of_n(counts.successes, counts.trials))


def _over_seeds(success: Interval) -> Measure:
    """A mean over seeds, with the exact interval where all of them are at the same end."""
    if success.bounds is None and success.estimate in (0.0, 1.0):
        return mean_measure(np.full(success.n, success.estimate), "share", ends=(0.0, 1.0))
    return Measure.of(success, "share", (0.0, 1.0))
