"""The gate: rules that are tested after every sample, in an order that was drawn before, until each is certain.

The order decides nothing of the verdict, and looking costs nothing: both the tests and the intervals hold at every
moment at once (I. Waudby-Smith and A. Ramdas, Estimating means of bounded random variables by betting, 2024). What is
missing, because the infrastructure failed or a scorer could not tell, counts at its worst for whichever verdict is at
stake.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import cached_property
from typing import Any

from genops.errors import ExitCode
from genops.evals.rule_test import Outcome, Reading, RuleTest, RuleVerdict
from genops.evals.rules import PASSED, Gate

EXITS: Mapping[Outcome, ExitCode] = {
    "pass": ExitCode.OK,
    "fail": ExitCode.BAD_VERDICT,
    "undecided": ExitCode.UNDECIDED,
}


@dataclass(frozen=True, slots=True)
class Verdict:
    """Where the whole gate stands.

    Attributes:
        outcome: ``pass`` when every rule holds, ``fail`` when one does not.
        rules: Each rule for each variant.
        critical: Ids of cases that must pass and did not.
        critical_missing: Ids of cases that must pass and have no score.
        alpha: How often it may be wrong in either direction, at most.
        about: What is claimed: ``dataset``, ``sweep`` or ``population``.
        units: Independent units there are.
        seen: Independent units seen.
        samples: Samples there are.
        used: Samples that were made.
    """

    outcome: Outcome
    rules: tuple[RuleVerdict, ...]
    critical: tuple[str, ...]
    critical_missing: tuple[str, ...]
    alpha: float
    about: str
    units: int
    seen: int
    samples: int
    used: int

    @property
    def exit_code(self) -> ExitCode:
        """What a command ends with."""
        return EXITS[self.outcome]

    def to_json(self) -> dict[str, Any]:
        """The verdict as plain data."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Verdict:
        """The verdict that :meth:`to_json` was called on."""
        rules = tuple(RuleVerdict(**rule) for rule in data["rules"])
        lists = {name: tuple(data[name]) for name in ("critical", "critical_missing")}
        return cls(**{**data, **lists, "rules": rules})


@dataclass
class GateProcess:
    """A gate while samples come in.

    Samples may come in any order: they are looked at in the order of their units, so that how long one takes has no
    say in the verdict.

    Attributes:
        gate: What must hold.
        tests: Its rules.
        units: The members of each unit, in the order that the gate's claim needs.
        each: How many samples a member has.
        weight: Of a member.
        critical_ids: Names of the members that must pass.
        seen: Units that were looked at.
        used: Samples that came in.
        critical: Members that must pass and did not.
        critical_missing: Members that must pass, of which that is not known.
        certain: Whether more samples change nothing; none is looked at from then on.
    """

    gate: Gate
    tests: Sequence[RuleTest]
    units: Sequence[Sequence[int]]
    each: int
    weight: Callable[[int], float]
    critical_ids: Mapping[int, str] = field(default_factory=dict)
    seen: int = 0
    used: int = 0
    critical: list[str] = field(default_factory=list)
    critical_missing: list[str] = field(default_factory=list)
    certain: bool = field(init=False)
    _waiting: dict[int, dict[int, Reading]] = field(default_factory=dict)

    @cached_property
    def _unit_of(self) -> dict[int, int]:
        return {number: unit for unit, members in enumerate(self.units) for number in members}

    def __post_init__(self) -> None:
        self.certain = self._is_certain()

    def _is_certain(self) -> bool:
        outcomes = {test.outcome for test in self.tests}
        return bool(self.critical) or "fail" in outcomes or (outcomes == {"pass"} and not self._critical_left)

    @cached_property
    def _critical_units(self) -> int:
        """The unit after the last one with a member that must pass."""
        return max((self._unit_of[member] for member in self.critical_ids), default=-1) + 1

    @property
    def _critical_left(self) -> bool:
        return self.seen < self._critical_units

    def ahead(self, member: int) -> int:
        """How many units a member is before what was looked at."""
        return self._unit_of[member] - self.seen

    def add(self, reading: Reading) -> None:
        """Takes a sample; every unit that is complete, with all before it, is looked at until the verdict is certain.

        What comes later is left alone, so that the verdict does not depend on what happened to be under way.
        """
        self.used += 1
        if self.certain:
            return
        self._waiting.setdefault(self._unit_of[reading.member], {})[reading.number] = reading
        while self.seen < len(self.units) and not self.certain:
            if len(self._waiting.get(self.seen, {})) < len(self.units[self.seen]) * self.each:
                return
            self._look(self._waiting.pop(self.seen))

    def verdict(self) -> Verdict:
        """Where the gate stands."""
        outcomes = [test.outcome for test in self.tests]
        outcome: Outcome = "undecided"
        if self.critical or "fail" in outcomes:
            outcome = "fail"
        elif set(outcomes) == {"pass"} and not self._critical_left and not self.critical_missing:
            outcome = "pass"
        return Verdict(
            outcome,
            tuple(test.verdict() for test in self.tests),
            tuple(self.critical),
            tuple(self.critical_missing),
            self.gate.alpha,
            self.gate.about,
            len(self.units),
            self.seen,
            sum(map(len, self.units)) * self.each,
            self.used,
        )

    def _look(self, readings: Mapping[int, Reading]) -> None:
        members: dict[int, list[Reading]] = {}
        for reading in readings.values():
            members.setdefault(reading.member, []).append(reading)
        weighed = [(self.weight(member), members[member]) for member in sorted(members)]
        for test in self.tests:
            test.look(weighed)
        if self.critical_ids:
            for member in sorted(self.critical_ids.keys() & members.keys()):
                self._look_at_critical(member, members[member])
        self.seen += 1
        self.certain = self._is_certain()

    def _look_at_critical(self, member: int, readings: Sequence[Reading]) -> None:
        names = {test.variant for test in self.tests}
        passes = [reading.values[PASSED] for reading in readings if reading.variant in names]
        if 0.0 in passes:
            self.critical.append(self.critical_ids[member])
        elif any(value != value for value in passes):
            self.critical_missing.append(self.critical_ids[member])
