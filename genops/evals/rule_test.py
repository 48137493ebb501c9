"""One rule of a gate under test, unit by unit, until what it says is certain."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import chain
from math import inf, log
from typing import Literal, NamedTuple, TypeAlias

import numpy as np

from genops.evals.rules import Gate, Rule
from genops.evals.score import Range
from genops.stats.betting import FiniteDataset, Population, Units
from genops.stats.confidence_sequence import ConfidenceSequence
from genops.stats.sampling import mean_bounds
from genops.stats.sequential import Course, SequentialTest
from genops.stats.watch import Unit, Watch

Outcome: TypeAlias = Literal["pass", "fail", "undecided"]
_MOST_WAITING = 4_096


@dataclass(slots=True)
class Reading:
    """What a gate sees of one sample, or of one attack.

    Attributes:
        number: Its position: unique.
        member: What is asked: the position of the case; several samples of one are averaged first.
        variant: What answered.
        values: By metric: NaN where it is missing; none where no rule about the metric is about this.
        weight: Of the member.
    """

    number: int
    member: int
    variant: str
    values: Mapping[str, float]
    weight: float = 1.0


Readings: TypeAlias = Sequence[Reading]
"""Those of a unit, in the order of their numbers."""


class Glance(NamedTuple):
    """What becomes of a rule under test as some units come.

    Attributes:
        units: They.
        found: As the test sees those that the rule is about.
        watch: What is to be watched after them.
        looked: Whether the test itself has to be looked at.
        outcomes: After each unit; None where they are what they were before.
    """

    units: Sequence[Readings]
    found: list[Unit]
    watch: Watch | None = None
    looked: bool = False
    outcomes: Sequence[Outcome] | None = None


@dataclass(frozen=True, slots=True)
class RuleVerdict:
    """Where one rule stands for one variant.

    Attributes:
        rule: As it was written.
        metric: What it is about.
        variant: Whom it is about.
        outcome: Whether it holds, as far as that is certain.
        estimate: The mean, share or difference so far; None while no value is known.
        low: Lower end of the confidence sequence; None where there is none yet.
        high: Its upper end.
        level: Of the confidence sequence, for all times at once.
        n: Independent units seen: cases, or clusters of them.
        missing: Values that are not known, and count at their worst.
        exact: Whether the verdict follows by arithmetic, whatever comes.
    """

    rule: str
    metric: str
    variant: str
    outcome: Outcome
    estimate: float | None
    low: float | None
    high: float | None
    level: float
    n: int
    missing: int
    exact: bool


@dataclass
class RuleTest:
    """One rule under test for one variant.

    Attributes:
        rule: It.
        variant: Whom it is about.
        baseline: Whom it compares that with; empty for nobody.
        range: Of the metric's values.
        alpha: How often it may pass wrongly, at most.
        fail_alpha: How often it may fail wrongly, at most.
        test: Of the bound; None where it always holds.
        sequence: Of the mean.
        known: Variants of which a value was known.
        missing: Values that were not known.
        outcome: Whether the rule holds, as far as that is certain.
    """

    rule: Rule
    variant: str
    baseline: str
    range: Range
    alpha: float
    fail_alpha: float
    test: SequentialTest | None
    sequence: ConfidenceSequence
    known: set[str] = field(default_factory=set)
    missing: int = 0
    outcome: Outcome = field(init=False, default="pass")
    _waiting: list[Unit] = field(init=False, default_factory=list)
    _unshown: list[Unit] = field(init=False, default_factory=list)
    _watch: Watch | None = field(init=False, default=None)

    def __post_init__(self) -> None:
        if self.test is not None:
            self.outcome = "undecided"
            self._watch = self._watched(self.test)

    @classmethod
    def of(
        cls,
        rule: Rule,
        gate: Gate,
        tests: int,
        weights: Sequence[float],
        values: Range,
        variant: str,
        baseline: str = "",
    ) -> RuleTest:
        """A test before the first unit.

        Args:
            rule: What is tested.
            gate: That it is part of.
            tests: How many the gate has: any of them may fail it, and all of them must hold.
            weights: Of the units.
            values: Range of the metric.
            variant: Whom it is about.
            baseline: Whom it compares that with.
        """
        values = Range() if rule.kind == "share" else values
        ends, bound = _scale(rule, values)
        claim = Population(max(weights)) if gate.about == "population" else FiniteDataset(sum(weights))
        return cls(
            rule=rule,
            variant=variant,
            baseline=baseline,
            range=values,
            alpha=gate.alpha,
            fail_alpha=gate.alpha / tests,
            test=None if bound <= ends[0] else SequentialTest(bound, claim, gate.alpha, ends),
            sequence=ConfidenceSequence(claim, 1 - gate.alpha, ends),
        )

    def glance(self, units: Sequence[Readings]) -> Glance:
        """What becomes of the rule as some units come, which are not taken.

        Args:
            units: In their order.
        """
        seen = [self._unit(readings) for readings in units]
        found = [unit for unit in seen if unit is not None]
        if self.test is None or self._watch is None or not found:
            return Glance(units, found, self._watch)
        watch = self._watch.after(found)
        if watch is not None and len(self._waiting) < _MOST_WAITING:
            return Glance(units, found, watch)
        self._take()
        told = self._told_in(self.test.course(self._checked(found)))
        outcome, outcomes = self.outcome, []
        for unit in seen:
            outcome = outcome if unit is None else next(told)
            outcomes.append(outcome)
        return Glance(units, found, looked=True, outcomes=outcomes)

    def accept(self, glance: Glance) -> None:
        """Takes the units of a glance at what comes next."""
        self._count(glance)
        self._unshown += glance.found
        if self._watch is not None:
            self._waiting += glance.found
            self._watch = glance.watch
        if glance.looked:
            self._take()
        if len(self._unshown) >= _MOST_WAITING:
            self._show()

    def left(self) -> tuple[float, float]:
        """About how many more units it takes until the rule is certain to hold, and until it is certain to fail."""
        if self._watch is None:
            return (0.0, inf) if self.outcome == "pass" else (inf, 0.0)
        return self._watch.left()

    def verdict(self) -> RuleVerdict:
        """Where the rule stands."""
        self._show()
        interval = self.sequence.interval()
        sign = -1 if self._flipped else 1
        ends = sorted(sign * end for end in interval.bounds) if interval.bounds is not None else (None, None)
        return RuleVerdict(
            self.rule.text,
            self.rule.metric,
            self.variant,
            self.outcome,
            sign * interval.estimate if self._is_known else None,
            ends[0],
            ends[1],
            1 - self.alpha,
            interval.n,
            self.missing,
            self._watch is None,
        )

    def _take(self) -> None:
        """Lets the test take what was only watched."""
        if self._waiting and self.test is not None:
            course = self.test.course(self._checked(self._waiting))
            self._waiting.clear()
            *_, self.outcome = self._told_in(course)
            self.test.follow(course)
            self._watch = self._watched(self.test)

    def _show(self) -> None:
        """Lets the sequence take what it has not seen."""
        if self._unshown:
            self.sequence.take(self._checked(self._unshown))
            self._unshown.clear()

    def _checked(self, found: Sequence[Unit]) -> Units:
        low, high, weights = np.array(found).T
        return Units.checked(low, high, weights, self.sequence.ends)

    def _watched(self, test: SequentialTest) -> Watch | None:
        """What is to be watched from now on; None where arithmetic alone has decided, so that nothing is."""
        return None if test.result().exact else Watch(test, self.alpha, self.fail_alpha)

    def _told_in(self, course: Course) -> Iterator[Outcome]:
        """What the test says of the rule after each of the units of a course."""
        pass_at, fail_at = -log(self.alpha), -log(self.fail_alpha)
        (holds, broken), (high, low), (ever_high, ever_low) = course.settled, course.now, course.peaks
        holds = holds | ~broken & (ever_high >= pass_at) & (high >= low)
        broken = broken | ~holds & (ever_low >= fail_at)
        for passes, fails in zip(holds.tolist(), broken.tolist(), strict=True):
            yield "pass" if passes else "fail" if fails else "undecided"

    @cached_property
    def _flipped(self) -> bool:
        """Whether values are turned around, so that large ones are good."""
        return self.rule.kind == "mean" and self.rule.sign == "<="

    def _count(self, glance: Glance) -> None:
        """Counts the values that are missing, and notes of whom one is known."""
        if len(glance.found) == len(glance.units) and self._is_known:
            lows, highs, _ = zip(*glance.found, strict=True)
            if lows == highs:
                return
        metric, names = self.rule.metric, (self.variant, self.baseline)
        for reading in chain.from_iterable(glance.units):
            value = reading.values.get(metric)
            if value is not None and reading.variant in names:
                if value == value:
                    self.known.add(reading.variant)
                else:
                    self.missing += 1

    @property
    def _is_known(self) -> bool:
        return self.variant in self.known and (not self.baseline or self.baseline in self.known)

    def _unit(self, readings: Readings) -> Unit | None:
        """The least and the most that a unit's mean can be, and its weight; None where the rule is not about it."""
        if len(readings) == 1:
            bounds = self._bounds(readings)
            return None if bounds is None else (*bounds, readings[0].weight)
        members: dict[int, list[Reading]] = {}
        for reading in readings:
            members.setdefault(reading.member, []).append(reading)
        found = [(bounds, own[0].weight) for own in members.values() if (bounds := self._bounds(own)) is not None]
        if not found:
            return None
        least, most = self.sequence.ends
        total = sum(weight for _, weight in found)
        low, high = (sum(weight * bounds[side] for bounds, weight in found) / total for side in (0, 1))
        return max(min(low, most), least), max(min(high, most), least), total  # rounding may take a mean past an end

    def _bounds(self, readings: Readings) -> tuple[float, float] | None:
        """What a member's value lies between; None where the rule is not about it."""
        own = self._side(self.variant, readings)
        if own is None or self.rule.kind != "against":
            return own
        other = self._side(self.baseline, readings)
        if other is None:
            return None
        difference = own[0] - other[1], own[1] - other[0]
        return (-difference[1], -difference[0]) if self.range.lower_is_better else difference

    def _side(self, variant: str, readings: Readings) -> tuple[float, float] | None:
        """The mean over one variant's repetitions: its least and its most."""
        metric = self.rule.metric
        if len(readings) == 1:
            value = readings[0].values.get(metric) if readings[0].variant == variant else None
            if value is None or value != value:
                return None if value is None else self._ends
            value = value if self._as_it_is else self._turned(value)
            return value, value
        there = [
            self._turned(value)
            for reading in readings
            if reading.variant == variant and (value := reading.values.get(metric)) is not None
        ]
        return mean_bounds(there, ends=self._ends) if there else None

    def _turned(self, value: float) -> float:
        """A value on the scale of the test; NaN where it is missing."""
        if self.rule.kind == "share" and value == value:
            return float(value <= self.rule.bound if self.rule.sign == "<=" else value >= self.rule.bound)
        return -value if self._flipped else value

    @cached_property
    def _as_it_is(self) -> bool:
        """Whether values are on the scale of the test already."""
        return self.rule.kind != "share" and not self._flipped

    @cached_property
    def _ends(self) -> tuple[float, float]:
        """What the values of one side lie between, on the scale of the test."""
        return (-self.range.high, -self.range.low) if self._flipped else (self.range.low, self.range.high)


def _scale(rule: Rule, values: Range) -> tuple[tuple[float, float], float]:
    """The ends of what is tested, and the bound: a rule holds when the mean is at least that."""
    if rule.kind == "against":
        width = values.high - values.low
        return (-width, width), rule.margin
    if rule.kind == "share":
        return (0.0, 1.0), rule.share
    ends, bound = (values.low, values.high), rule.bound
    if rule.sign == "<=":
        ends, bound = (-values.high, -values.low), -rule.bound
    return ends, bound
