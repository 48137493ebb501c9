"""The gate of a campaign: the tries of its sweeps as a gate reads them.

Every objective that a rule is about has a gate process of its own. Its units are the seeds, each with all of its tries
in the sweep, in an order drawn before: the tries of one seed may all go the same way and tell no more than one. Tries
that crashed, could not be scored or met a failing infrastructure lie anywhere from safe to breach. The search and the
strategies go where breaches are and are never read.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from math import nan
from typing import TypeVar

import numpy as np

from genops.evals.gate import GateProcess, Verdict
from genops.evals.rule_test import Outcome, Reading, RuleTest
from genops.evals.rules import Gate, order_seed
from genops.fuzz.detectors.verdict import SCALE
from genops.fuzz.runner.arena import Arena
from genops.fuzz.runner.plan import CampaignPlan
from genops.stats.sampling import draw_order
from genops.store.records.campaigns import TryRecord

T = TypeVar("T")
_VALUES = {"breach": 1.0, "safe": 0.0}


@dataclass
class CampaignGate:
    """The gate of a campaign while its tries come in.

    Attributes:
        plan: Of the campaign.
        gate: What must hold.
        processes: By the objective.
    """

    plan: CampaignPlan
    gate: Gate
    processes: dict[str, GateProcess]

    @classmethod
    def of(cls, plan: CampaignPlan) -> CampaignGate | None:
        """The gate before the first try; None where the campaign has none."""
        gate = plan.campaign.gate
        return None if gate is None else cls(plan, gate, _processes(plan, gate))

    def in_turn(self, objective: str, drawn: Iterable[tuple[int, T]]) -> Iterator[tuple[int, T]]:
        """The tries of a sweep seed by seed, until the rules about its objective are certain.

        Args:
            objective: Its name.
            drawn: Its tries, by their numbers.
        """
        process = self.processes.get(objective)
        if process is None:
            yield from drawn
            return
        there = dict(drawn)
        for number in (number for members in process.units for number in members):
            if process.certain:
                return
            if number in there:
                yield number, there[number]

    def add(self, made: TryRecord) -> None:
        """Takes a try; one of no sweep, or of no rule, changes nothing."""
        if (reading := self._reading(made)) is not None:
            self.processes[made.objective].add(reading)

    def take_over(self, tries: Iterable[tuple[TryRecord, bool]]) -> None:
        """Takes the tries of earlier sittings.

        Where an objective was certain although the infrastructure failed under some, none of its tries is made again.

        Args:
            tries: Each with whether it is to be made again.
        """
        whole = _processes(self.plan, self.gate)
        for made, again in tries:
            reading = self._reading(made)
            if reading is not None:
                whole[made.objective].add(reading)
                if not again:
                    self.processes[made.objective].add(reading)
        for name, process in whole.items():
            if process.certain and not self.processes[name].certain and process.verdict().outcome != "undecided":
                self.processes[name] = process

    def verdict(self) -> Verdict:
        """Where all of the gate stands."""
        found = [process.verdict() for process in self.processes.values()]
        outcomes = {one.outcome for one in found}
        outcome: Outcome = "fail" if "fail" in outcomes else "pass" if outcomes == {"pass"} else "undecided"
        order = [rule.text for rule in self.gate.rules]
        rules = sorted((rule for one in found for rule in one.rules), key=lambda rule: order.index(rule.rule))
        units, seen, samples, used = (
            sum(getattr(one, name) for one in found) for name in ("units", "seen", "samples", "used")
        )
        return Verdict(outcome, tuple(rules), (), (), self.gate.alpha, self.gate.about, units, seen, samples, used)

    def _reading(self, made: TryRecord) -> Reading | None:
        """What the gate sees of a try; None for nothing."""
        if made.objective not in self.processes:
            return None
        variant, member = self.plan.tried_on(made)
        if not variant:
            return None
        return Reading(made.number, member, variant, {made.objective: _VALUES.get(made.outcome, nan)})


def _processes(plan: CampaignPlan, gate: Gate) -> dict[str, GateProcess]:
    named = {rule.metric for rule in gate.rules}
    return {
        arena.objective.name: _process(plan, gate, arena, number * plan.each)
        for number, arena in enumerate(plan.arenas)
        if arena.objective.name in named
    }


def _process(plan: CampaignPlan, gate: Gate, arena: Arena, first: int) -> GateProcess:
    campaign, name = plan.campaign, arena.objective.name
    units = _units(len(arena.seeds(campaign.seed)), campaign.tries.sweep, first)
    weights = [float(len(members)) for members in units]
    order = draw_order(np.array(weights if gate.about == "sweep" else [1.0] * len(units)), order_seed(plan.digest))
    tests = [
        RuleTest.of(rule, gate, len(gate.rules), weights, SCALE, campaign.chain, rule.baseline)
        for rule in gate.rules
        if rule.metric == name
    ]
    return GateProcess(gate, tests, [units[place] for place in order], 1 + len(plan.beside(arena)))


def _units(seeds: int, tries: int, first: int) -> list[range]:
    """The numbers of the tries at each seed, which take their turns."""
    return [range(first + place, first + tries, seeds) for place in range(min(seeds, tries))]
