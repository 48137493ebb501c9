"""What a campaign's tries say, objective by objective; what every report shows.

Rates are of the sweep alone: the search and the strategies go where breaches are, so that their tries say nothing of
how often there is one. A rate is of the tries that could be scored, breaches and safe ones; what crashed, was not
scored or met a failing infrastructure is counted apart, and ``bounds`` says between which ends the rate lies whatever
those would have been.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, get_args

import numpy as np

from genops.errors import ReferenceNotFound
from genops.evals.gate import Verdict as GateVerdict
from genops.evals.summary import Measure
from genops.evals.summary.measure import mean_measure
from genops.executor.entry import input_of
from genops.fuzz.objective import Severity, Tags, find_objective
from genops.fuzz.search import FOUND, best_of_n
from genops.fuzz.summary.changes import RobustnessTally
from genops.fuzz.summary.gated import ended_sweep, gated
from genops.fuzz.summary.outcomes import Outcomes
from genops.fuzz.summary.rate import Accuracy, corrected_for, rate_of
from genops.fuzz.summary.robustness import RobustnessSummary
from genops.fuzz.summary.tally import BARE, ObjectiveTally, mutators_of, tally
from genops.fuzz.summary.verdict import Attacked, Standing, Verdict, standing_of, verdict_of
from genops.stats import ClusteredCounts, Interval
from genops.store import Store
from genops.store.records import CampaignRecord, FindingRecord, TryRecord

SEVERITIES: tuple[str, ...] = get_args(Severity)[::-1]
"""The worst first."""


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
        step: Its position; empty where it is not known.
        breaches: How many.
        rate: Among all tries that could be scored.
    """

    step: str
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


@dataclass(frozen=True, slots=True)
class FindingSummary:
    """A finding.

    Attributes:
        id: How people name it.
        objective: What was reached.
        severity: How bad that is.
        label: The detectors' words for it.
        seed: What the attack began with.
        surface: Where it enters.
        mutators: That it needs, in their order; empty for none.
        start: The text that these begin with.
        mutations: The same with the seed of their chance and their settings.
        text: The shortest attack, as it is.
        step: Position of the step where the defence failed; empty for the chain as a whole.
        run: Id of the run that shows it.
        tries: That finding its shortest form took.
        minimal: Whether nothing more can be left out.
        case: Id of the harmless case that carries it; empty where the campaign has only one.
        field: That it is written into; empty where it is written into none, or an attacker writes only one.
    """

    id: str
    objective: str
    severity: str
    label: str
    seed: str
    surface: str
    mutators: str
    start: str
    mutations: list[dict[str, Any]]
    text: str
    step: str
    run: str
    tries: int
    minimal: bool
    case: str = ""
    field: str = ""


@dataclass(frozen=True, slots=True)
class Summary:
    """A campaign.

    Attributes:
        id: Of the campaign.
        campaign: Its name.
        chain: Reference of the chain under attack.
        status: ``running``, ``stopped`` or ``finished``.
        started: Nanoseconds since the epoch.
        verdict: Where it stands.
        objectives: In the order of the campaign.
        findings: The worst first.
        robustness: Of answers to changed cases; None where the campaign has no such part.
        gate: Where it stands; None where it was not asked.
        step: Position of the step that attacks enter at; empty for the chain's inputs.
        cases: How many harmless cases carry attacks.
    """

    id: str
    campaign: str
    chain: str
    status: str
    started: int
    verdict: Verdict
    objectives: tuple[ObjectiveSummary, ...]
    findings: tuple[FindingSummary, ...]
    robustness: RobustnessSummary | None = None
    gate: GateVerdict | None = None
    step: str = ""
    cases: int = 0

    @property
    def target(self) -> str:
        """What is attacked, in words."""
        return f"{self.chain} at {self.step}" if self.step else self.chain

    def to_json(self) -> dict[str, Any]:
        """The summary as plain data."""
        return asdict(self)


def summarise(store: Store, record: CampaignRecord, accuracy: Mapping[str, Accuracy] | None = None) -> Summary:
    """Summarises a campaign from what is stored of it, read once and one by one.

    Args:
        store: Holds it.
        record: Of the campaign.
        accuracy: How good the detectors of an objective were found to be, by the objective's name.
    """
    manifest = record.body["manifest"]
    step = (manifest.get("step") or {}).get("name", "")
    findings = sorted(store.findings(record.id), key=_worst_first)
    steady = RobustnessTally()
    found = tally(_attacks(store.tries(record.id), steady), findings)
    names = dict.fromkeys([*(entry["name"] for entry in manifest["objectives"]), *found])
    tallies = {name: found.get(name, ObjectiveTally()) for name in names}
    gate = GateVerdict.from_json(record.verdict) if record.verdict else None
    sizes = {
        name: one.sweep.outcomes.total() if ended_sweep(gate, name) else manifest["tries"]["sweep"]
        for name, one in tallies.items()
    }
    each = Counter(finding.objective for finding in findings)
    objectives = tuple(
        _objective(name, sizes[name], each[name], tallies[name], (accuracy or {}).get(name), step) for name in names
    )
    robustness = None
    if about := record.body.get("robustness"):
        robustness = steady.summary(about["relations"], about["tries"], about["at_most"])
    return Summary(
        id=record.id,
        campaign=record.campaign,
        chain=manifest["chain"],
        status=record.status,
        started=record.started,
        verdict=_verdict(gate, objectives, robustness, finished=record.status == "finished"),
        objectives=objectives,
        findings=tuple(_finding(finding, step) for finding in findings),
        robustness=robustness,
        gate=gate,
        step=step,
        cases=len(manifest.get("dataset", {}).get("cases", ())),
    )


def _verdict(
    gate: GateVerdict | None,
    objectives: Sequence[ObjectiveSummary],
    robustness: RobustnessSummary | None,
    *,
    finished: bool,
) -> Verdict:
    if gate is not None:
        failed = sum(one.sweep.infrastructure for one in objectives)
        return gated(gate, failed, robustness.allowed if robustness else ())
    standings = [one.standing for one in objectives]
    return verdict_of([*standings, *(robustness.standings if robustness else ())], finished=finished)


def _attacks(tries: Iterable[TryRecord], steady: RobustnessTally) -> Iterator[TryRecord]:
    """The tries that are attacks; the others are counted on the way, so that all are read once."""
    for made in tries:
        if made.phase == "robustness":
            steady.add(made)
        else:
            yield made


def _objective(
    name: str, planned: int, findings: int, found: ObjectiveTally, accuracy: Accuracy | None, step: str
) -> ObjectiveSummary:
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
        FieldRate(_shown(name, step), Outcomes(**cell.outcomes), rate_of(cell.counts()))
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


def _worst_first(finding: FindingRecord) -> tuple[int, int]:
    return SEVERITIES.index(finding.severity), finding.number


def _shown(field: str, step: str) -> str:
    """A field as the campaign calls it: of a step's, without the step."""
    return field.removeprefix(input_of(step, "")) if step else field


def _finding(finding: FindingRecord, step: str) -> FindingSummary:
    return FindingSummary(
        id=finding.id,
        objective=finding.objective,
        severity=finding.severity,
        label=finding.label,
        seed=finding.seed,
        surface=finding.surface,
        mutators=mutators_of(finding.mutations),
        start=finding.start,
        mutations=finding.mutations,
        text=finding.text,
        step=finding.step,
        run=finding.run,
        tries=finding.tries,
        minimal=finding.minimal,
        case=finding.case,
        field=_shown(finding.field, step),
    )
