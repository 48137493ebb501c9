"""The gate: rules that are tested after every sample, in an order that was drawn before, until each is certain.

The order decides nothing of the verdict, and looking costs nothing: both the tests and the intervals hold at every
moment at once (I. Waudby-Smith and A. Ramdas, Estimating means of bounded random variables by betting, 2024). What is
missing, because the infrastructure failed or a scorer could not tell, counts at its worst for whichever verdict is at
stake.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import cached_property
from itertools import islice
from math import ceil
from operator import attrgetter
from typing import Any

from genops.errors import ExitCode
from genops.evals.rule_test import Glance, Outcome, Reading, Readings, RuleTest, RuleVerdict
from genops.evals.rules import PASSED, Gate

_FIRST_UNITS = 32
_LEAST_UNITS = 4
_AT_ONCE = 256
_number = attrgetter("number")

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
        critical_ids: Names of the members that must pass.
        seen: Units that were looked at.
        used: Samples that came in.
        critical: Members that must pass and did not.
        critical_missing: Members that must pass, of which that is not known.
        certain: Whether more samples change nothing; none is looked at from then on.
        reach: How far ahead of what was looked at units may be run: what runs further may be run in vain.
    """

    gate: Gate
    tests: Sequence[RuleTest]
    units: Sequence[Sequence[int]]
    each: int
    critical_ids: Mapping[int, str] = field(default_factory=dict)
    seen: int = 0
    used: int = 0
    critical: list[str] = field(default_factory=list)
    critical_missing: list[str] = field(default_factory=list)
    certain: bool = field(init=False)
    reach: int = field(init=False, default=_FIRST_UNITS)
    _waiting: dict[int, list[Reading]] = field(default_factory=dict)

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

    def add(self, *readings: Reading) -> None:
        """Takes samples; every unit that is complete, with all before it, is looked at until the verdict is certain.

        What comes later is left alone, so that the verdict depends neither on what happened to be under way nor on how
        many samples are taken at once.
        """
        self.used += len(readings)
        if self.certain:
            return
        units, waiting = self._unit_of, self._waiting
        for reading in readings:
            waiting.setdefault(units[reading.member], []).append(reading)
        while not self.certain and (complete := self._complete()):
            self._look(complete)
            self.reach = self._worth_while()

    def _complete(self) -> list[Readings]:
        """The next units as far as all of their samples are there; one that alone may decide comes last."""
        found: list[Readings] = []
        waiting = self._waiting
        for unit, size in enumerate(islice(self._sizes, self.seen, self.seen + _AT_ONCE), self.seen):
            readings = waiting.get(unit)
            if readings is None or len(readings) < size:
                break
            del waiting[unit]
            if size > 1:
                readings.sort(key=_number)
            found.append(readings)
            if self.critical_ids and not self.critical_ids.keys().isdisjoint(self.units[unit]):
                break
        return found

    @cached_property
    def _sizes(self) -> list[int]:
        """How many samples each unit has."""
        return [len(members) * self.each for members in self.units]

    def _worth_while(self) -> int:
        """How many units may be ahead: a third of what the verdict is likely to need yet, as that is known but roughly.

        All rules must hold for a pass, and one that fails is enough.
        """
        most = max(_FIRST_UNITS, self.seen // 2)
        passes, fails = zip(*(test.left() for test in self.tests), strict=True)
        left = min(max(*passes, self._critical_units - self.seen), *fails)
        return most if left >= 3 * most else max(_LEAST_UNITS, ceil(left / 3))

    @property
    def outcome(self) -> Outcome:
        """The verdict alone."""
        outcomes = {test.outcome for test in self.tests}
        if self.critical or "fail" in outcomes:
            return "fail"
        return "pass" if outcomes == {"pass"} and not self._critical_left and not self.critical_missing else "undecided"

    def verdict(self) -> Verdict:
        """Where the gate stands."""
        return Verdict(
            self.outcome,
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

    def _look(self, units: Sequence[Readings]) -> None:
        """Looks at units, up to the one after which the verdict is certain."""
        glances = [test.glance(units) for test in self.tests]
        needed = self._needed(glances, len(units))
        if needed < len(units):
            units = units[:needed]
            glances = [test.glance(units) for test in self.tests]
        for test, glance in zip(self.tests, glances, strict=True):
            test.accept(glance)
        self.seen += len(units)
        self._look_at_critical(units[-1])
        self.certain = self._is_certain()

    def _needed(self, glances: Sequence[Glance], count: int) -> int:
        """How many of some units it takes until the verdict is certain; all where it is not."""
        if all(glance.outcomes is None for glance in glances):
            return count
        told = [
            [test.outcome] * count if glance.outcomes is None else glance.outcomes
            for test, glance in zip(self.tests, glances, strict=True)
        ]
        for number, outcomes in enumerate(zip(*told, strict=True), 1):
            if "fail" in outcomes or (set(outcomes) == {"pass"} and self.seen + number >= self._critical_units):
                return number
        return count

    def _look_at_critical(self, readings: Readings) -> None:
        names = {test.variant for test in self.tests}
        passes: dict[int, list[float]] = {}
        for reading in readings:
            if reading.member in self.critical_ids and reading.variant in names:
                passes.setdefault(reading.member, []).append(reading.values[PASSED])
        for member, values in passes.items():
            if 0.0 in values:
                self.critical.append(self.critical_ids[member])
            elif any(value != value for value in values):
                self.critical_missing.append(self.critical_ids[member])
