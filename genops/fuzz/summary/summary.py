"""What a campaign's tries say as a whole; what every report shows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from genops.evals.gate import Verdict as GateVerdict
from genops.fuzz.summary.changes import RobustnessTally
from genops.fuzz.summary.finding import FindingSummary, summarise_finding, worst_first
from genops.fuzz.summary.gated import ended_sweep, gated
from genops.fuzz.summary.objective import ObjectiveSummary, summarise_objective
from genops.fuzz.summary.rate import Accuracy
from genops.fuzz.summary.robustness import RobustnessSummary
from genops.fuzz.summary.tally import ObjectiveTally, tally
from genops.fuzz.summary.verdict import Verdict, verdict_of
from genops.store import Store
from genops.store.records.campaigns import CampaignRecord, TryRecord


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
    findings = sorted(store.findings(record.id), key=worst_first)
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
        summarise_objective(name, sizes[name], each[name], one, (accuracy or {}).get(name), step)
        for name, one in tallies.items()
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
        findings=tuple(summarise_finding(finding, step) for finding in findings),
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
