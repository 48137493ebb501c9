"""One rule of a gate under test, unit by unit, until what it says is certain."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal, TypeAlias

from genops.evals.rules import Gate, Rule
from genops.evals.score import Range
from genops.stats.betting import FiniteDataset, Population
from genops.stats.confidence_sequence import ConfidenceSequence
from genops.stats.sampling import mean_bounds
from genops.stats.sequential import SequentialTest
from genops.stats.watch import LONGEST, Watch

Outcome: TypeAlias = Literal["pass", "fail", "undecided"]


@dataclass(frozen=True, slots=True)
class Reading:
    """What a gate sees of one sample, or of one attack.

    Attributes:
        number: Its position: unique.
        member: What is asked: the position of the case; several samples of one are averaged first.
        variant: What answered.
        values: By metric: NaN where it is missing; none where no rule about the metric is about this.
    """

    number: int
    member: int
    variant: str
    values: Mapping[str, float]


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
    _waiting: list[tuple[float, float, float]] = field(init=False, default_factory=list)
    _watch: Watch | None = field(init=False, default=None)

    def __post_init__(self) -> None:
        self._watch = self._watched()

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

    def look(self, members: Sequence[tuple[float, Sequence[Reading]]]) -> None:
        """Takes a unit: the readings of each of its members, with the member's weight."""
        low = high = total = 0.0
        for weight, readings in members:
            if (bounds := self._bounds(readings)) is not None:
                low += weight * bounds[0]
                high += weight * bounds[1]
                total += weight
        if not total:
            return
        unit = low / total, high / total, total
        self._waiting.append(unit)
        if len(self._waiting) == LONGEST or (self._watch is not None and self._watch.calls(*unit)):
            self._take()

    def verdict(self) -> RuleVerdict:
        """Where the rule stands."""
        self._take()
        interval = self.sequence.interval()
        sign = -1 if self._flipped else 1
        ends = sorted(sign * end for end in interval.bounds) if interval.bounds is not None else (None, None)
        return RuleVerdict(
            self.rule.text,
            self.rule.metric,
            self.variant,
            self.outcome,
            sign * interval.estimate if self.known >= {self.variant, self.baseline or self.variant} else None,
            ends[0],
            ends[1],
            1 - self.alpha,
            interval.n,
            self.missing,
            self._watch is None,
        )

    def _take(self) -> None:
        """Lets the sequence and the test take what was only watched."""
        if self._waiting:
            low, high, weights = zip(*self._waiting, strict=True)
            self.sequence.update(low, high, weights)
            if self.test is not None:
                self.test.update(low, high, weights)
            self._waiting.clear()
            self._watch = self._watched()

    def _watched(self) -> Watch | None:
        """What is to be watched from now on; None where arithmetic alone has decided, so that nothing is."""
        if self.test is None:
            return None
        result = self.test.result()
        if result.exact:
            self.outcome = "pass" if result.verdict == "at least" else "fail"
            return None
        if result.p_at_least <= self.alpha and result.e_at_least >= result.e_below:
            self.outcome = "pass"
        else:
            self.outcome = "fail" if result.p_below <= self.fail_alpha else "undecided"
        return Watch(self.test, self.alpha, self.fail_alpha)

    @cached_property
    def _flipped(self) -> bool:
        """Whether values are turned around, so that large ones are good."""
        return self.rule.kind == "mean" and self.rule.sign == "<="

    def _bounds(self, readings: Sequence[Reading]) -> tuple[float, float] | None:
        """What a member's value lies between; None where the rule is not about it."""
        own = self._side(self.variant, readings)
        if own is None or self.rule.kind != "against":
            return own
        other = self._side(self.baseline, readings)
        if other is None:
            return None
        difference = own[0] - other[1], own[1] - other[0]
        return (-difference[1], -difference[0]) if self.range.lower_is_better else difference

    def _side(self, variant: str, readings: Sequence[Reading]) -> tuple[float, float] | None:
        """The mean over one variant's repetitions: its least and its most."""
        there: list[float] = []
        for reading in readings:
            if reading.variant == variant and (value := reading.values.get(self.rule.metric)) is not None:
                if value == value:
                    self.known.add(variant)
                    there.append(self._turned(value))
                else:
                    self.missing += 1
                    there.append(value)
        if len(there) == 1:
            return (there[0], there[0]) if there[0] == there[0] else self._ends
        return mean_bounds(there, ends=self._ends) if there else None

    def _turned(self, value: float) -> float:
        """A value on the scale of the test."""
        if self.rule.kind == "share":
            return float(value <= self.rule.bound if self.rule.sign == "<=" else value >= self.rule.bound)
        return -value if self._flipped else value

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
