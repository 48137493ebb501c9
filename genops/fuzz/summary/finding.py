"""What a finding says."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, get_args

from genops.executor.entry import input_of
from genops.fuzz.objective import Severity
from genops.fuzz.summary.tally import mutators_of
from genops.store.records.campaigns import FindingRecord

SEVERITIES: tuple[str, ...] = get_args(Severity)[::-1]
"""The worst first."""


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


def summarise_finding(finding: FindingRecord, step: str) -> FindingSummary:
    """Summarises a finding.

    Args:
        finding: As it is stored.
        step: Position of the step that attacks enter at; empty for the chain's inputs.
    """
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
        field=shown_field(finding.field, step),
    )


def worst_first(finding: FindingRecord) -> tuple[int, int]:
    """What findings are sorted by."""
    return SEVERITIES.index(finding.severity), finding.number


def shown_field(field: str, step: str) -> str:
    """A field as the campaign calls it: of a step's, without the step."""
    return field.removeprefix(input_of(step, "")) if step else field
