"""Campaigns, their tries and their findings."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal


@dataclass(frozen=True, slots=True)
class CampaignRecord:
    """One run of a campaign.

    Attributes:
        id: 32 hexadecimal digits; how people name it.
        campaign: Name of the campaign.
        manifest: Digest of everything that its tries follow from.
        body: The manifest itself, and what the reports need beside it.
        started: Nanoseconds since the epoch.
        ended: None while it runs (or for ever, when the process was killed).
        status: ``finished`` says that nothing is left to do, ``stopped`` that something is: --resume goes on.
        verdict: As the reports show it.
    """

    id: str
    campaign: str
    manifest: str
    body: dict[str, Any]
    started: int
    ended: int | None = None
    status: Literal["running", "stopped", "finished"] = "running"
    verdict: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class TryRecord:
    """One attack, run once in a campaign.

    Attributes:
        number: Position in the campaign: unique, and the same when the campaign is resumed.
        phase: ``sweep`` for what was drawn without a look at others, ``search`` for what the search proposed,
            ``strategy`` for what an attacker model was led to, ``robustness`` for what keeps a case's meaning.
        objective: Name of the objective; of robustness, the relation's, ``source`` for a case as it is, or
            ``unchanged`` for the same once more.
        seed: Id of the seed; of robustness, the case's.
        surface: Where the attack or the change entered.
        mutations: ``{"mutator", "seed", "settings"}`` in their order.
        outcome: ``breach``, ``safe``, ``crashed``, ``unscored`` or ``infrastructure``; of robustness, ``asked`` for
            what others are compared with, ``same`` or ``changed`` in place of the first two, and ``skipped`` where
            there was nothing to change.
        run: Id of the run, which names its trace; empty where there was none.
        error: ``{"type", "message", "path"}`` of the failure.
        scores: Of the detectors, as a sample has them.
        features: Of the behaviour, sorted.
        cost: US dollars, those of judges included; None when a price is unknown.
        tokens: Input and output together, of judges too.
        text: Of the attack, where it is a breach or enters by a passage or a tool; that of others is in the inputs of
            their runs alone.
        case: Id of the harmless case that carried it; empty where the campaign has only one.
        field: That it was written into; empty where it was written into none, or an attacker writes only one.
    """

    number: int
    phase: Literal["sweep", "search", "strategy", "baseline", "robustness"]
    objective: str
    seed: str
    surface: str
    mutations: list[dict[str, Any]]
    outcome: str
    run: str = ""
    error: dict[str, Any] = field(default_factory=dict)
    scores: dict[str, Any] = field(default_factory=dict)
    features: list[str] = field(default_factory=list)
    cost: float | None = 0.0
    tokens: int = 0
    text: str = ""
    case: str = ""
    field: str = ""


@dataclass(frozen=True, slots=True)
class FindingRecord:
    """The shortest form of a breach.

    Attributes:
        id: 32 hexadecimal digits of its digest: the same attack on the same lock has the same one.
        number: Of the try that it was found by.
        objective: Name of the objective.
        severity: Of the objective.
        seed: Id of the seed.
        surface: Where the attack enters.
        start: The text that the mutations begin with.
        mutations: That are left.
        text: What comes of them.
        run: Id of the run that shows it.
        step: Position of the step where the defence failed; empty for the chain as a whole.
        label: The detector's word for it.
        tries: That finding its shortest form took.
        minimal: Whether nothing more can be left out.
        case: Id of the harmless case that carries it; empty where the campaign has only one.
        field: That it is written into; empty where it is written into none, or an attacker writes only one.
    """

    id: str
    number: int
    objective: str
    severity: str
    seed: str
    surface: str
    start: str
    mutations: list[dict[str, Any]]
    text: str
    run: str
    step: str
    label: str
    tries: int
    minimal: bool
    case: str = ""
    field: str = ""
