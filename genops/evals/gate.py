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
from math import nan
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from genops.errors import DefinitionError, ExitCode
from genops.evals.outcome import passed
from genops.evals.plan import Job, Plan
from genops.evals.rules import PASSED, Rule
from genops.evals.score import Range
from genops.stats.betting import FiniteDataset, Population
from genops.stats.confidence_sequence import ConfidenceSequence
from genops.stats.sampling import mean_bounds
from genops.stats.sequential import SequentialTest
from genops.store.records import SampleRecord

if TYPE_CHECKING:
    from genops.evals.variants import Variant

Outcome: TypeAlias = Literal["pass", "fail", "undecided"]
EXITS: Mapping[Outcome, ExitCode] = {
    "pass": ExitCode.OK,
    "fail": ExitCode.BAD_VERDICT,
    "undecided": ExitCode.UNDECIDED,
}


@dataclass(frozen=True, slots=True)
class RuleVerdict:
    """Where one rule stands for one variant.

    Attributes:
        rule: As it was written.
        metric: What it is about.
        variant: Whom it is about.
        outcome: Whether it holds, as far as that is certain.
        estimate: The mean, share or difference so far.
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
    estimate: float
    low: float | None
    high: float | None
    level: float
    n: int
    missing: int
    exact: bool


@dataclass(frozen=True, slots=True)
class Verdict:
    """Where the whole gate stands.

    Attributes:
        outcome: ``pass`` when every rule holds, ``fail`` when one does not.
        rules: Each rule for each variant.
        critical: Ids of cases that must pass and did not.
        critical_missing: Ids of cases that must pass and have no score.
        alpha: How often it may be wrong in either direction, at most.
        about: What is claimed: ``dataset`` or ``population``.
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
        plan: What is evaluated.
        seen: Units that were looked at.
        used: Samples that came in.
        certain: Whether more samples change nothing; none is looked at from then on.
    """

    plan: Plan
    tests: list[_RuleTest]
    seen: int = 0
    used: int = 0
    critical: list[str] = field(default_factory=list)
    critical_missing: list[str] = field(default_factory=list)
    certain: bool = field(init=False)
    _waiting: dict[int, dict[int, SampleRecord]] = field(default_factory=dict)

    @classmethod
    def of(cls, plan: Plan) -> GateProcess:
        """The gate of a plan before the first sample.

        Raises:
            DefinitionError: A rule cannot be tested.
        """
        gate = plan.suite.gate
        assert gate is not None
        candidates = [variant for variant in plan.candidates if variant not in plan.baselines.values()]
        pairs = [(rule, variant) for rule in gate.rules for variant in candidates]
        tests = [_RuleTest.of(rule, variant, plan, len(pairs)) for rule, variant in pairs]
        return cls(plan, tests)

    @cached_property
    def _unit_of(self) -> dict[int, int]:
        return {number: unit for unit, members in enumerate(self.plan.units) for number in members}

    def __post_init__(self) -> None:
        self.certain = self._is_certain()

    def _is_certain(self) -> bool:
        outcomes = {test.outcome for test in self.tests}
        return bool(self.critical) or "fail" in outcomes or (outcomes == {"pass"} and not self._critical_left)

    @cached_property
    def _critical_units(self) -> int:
        """The unit after the last one with a case that must pass."""
        dataset = self.plan.dataset
        places = [
            unit for unit, members in enumerate(self.plan.units) if any(dataset[number].critical for number in members)
        ]
        return max(places, default=-1) + 1

    @property
    def _critical_left(self) -> bool:
        return self.seen < self._critical_units

    def ahead(self, job: Job) -> int:
        """How many units a sample is before what was looked at."""
        return self._unit_of[job.case_number] - self.seen

    def add(self, sample: SampleRecord) -> None:
        """Takes a sample; every unit that is complete, with all before it, is looked at until the verdict is certain.

        What comes later is left alone, so that the verdict does not depend on what happened to be under way.
        """
        self.used += 1
        if self.certain:
            return
        self._waiting.setdefault(self._unit_of[sample.case_number], {})[sample.number] = sample
        while self.seen < len(self.plan.units) and not self.certain:
            unit = self._waiting.get(self.seen, {})
            if len(unit) < len(self.plan.units[self.seen]) * len(self.plan.variants) * self.plan.suite.repeat:
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
        gate = self.plan.suite.gate
        assert gate is not None
        return Verdict(
            outcome,
            tuple(test.verdict() for test in self.tests),
            tuple(self.critical),
            tuple(self.critical_missing),
            gate.alpha,
            gate.about,
            len(self.plan.units),
            self.seen,
            self.plan.samples,
            self.used,
        )

    def _look(self, samples: Mapping[int, SampleRecord]) -> None:
        cases: dict[int, list[SampleRecord]] = {}
        for sample in samples.values():
            cases.setdefault(sample.case_number, []).append(sample)
        weights = {number: self.plan.dataset[number].weight for number in cases}
        for test in self.tests:
            test.look([(weights[number], members) for number, members in sorted(cases.items())])
        for number, members in sorted(cases.items()):
            self._look_at_critical(number, members)
        self.seen += 1
        self.certain = self._is_certain()

    def _look_at_critical(self, case_number: int, samples: Sequence[SampleRecord]) -> None:
        case = self.plan.dataset[case_number]
        if not case.critical:
            return
        names = {test.variant for test in self.tests}
        passes = [passed(sample) for sample in samples if sample.variant in names]
        if 0.0 in passes:
            self.critical.append(case.id)
        elif any(value != value for value in passes):
            self.critical_missing.append(case.id)


@dataclass
class _RuleTest:
    """One rule under test for one variant."""

    rule: Rule
    variant: str
    baseline: str
    range: Range
    alpha: float
    fail_alpha: float
    test: SequentialTest | None
    sequence: ConfidenceSequence
    missing: int = 0

    @classmethod
    def of(cls, rule: Rule, variant: Variant, plan: Plan, tests: int) -> _RuleTest:
        gate = plan.suite.gate
        assert gate is not None
        use = plan.suite.use(rule.metric)
        if use is not None and use.when is not None and gate.about == "dataset":
            raise DefinitionError(
                f"{rule.text!r}: {rule.metric} leaves cases out by its `when`: how many of the dataset it is about is "
                "not known before",
                hint="say `about: population` in the gate, or leave the cases out by `where` in the dataset",
            )
        values = use.scorer.range if use is not None and rule.kind != "share" else Range()
        ends, bound = _scale(rule, values)
        total, largest = sum(plan.weights), max(plan.weights)
        claim = FiniteDataset(total) if gate.about == "dataset" else Population(largest)
        trivial = bound <= ends[0]
        return cls(
            rule=rule,
            variant=variant.name,
            baseline=plan.baselines[rule.baseline].name if rule.baseline else "",
            range=values,
            alpha=gate.alpha,
            fail_alpha=gate.alpha / tests,
            test=None if trivial else SequentialTest(bound, claim, gate.alpha, ends),
            sequence=ConfidenceSequence(claim, 1 - gate.alpha, ends),
        )

    @property
    def outcome(self) -> Outcome:
        if self.test is None:
            return "pass"
        result = self.test.result()
        if result.exact:
            return "pass" if result.verdict == "at least" else "fail"
        if result.p_at_least <= self.alpha and result.e_at_least >= result.e_below:
            return "pass"
        return "fail" if result.p_below <= self.fail_alpha else "undecided"

    def look(self, cases: Sequence[tuple[float, Sequence[SampleRecord]]]) -> None:
        """Takes a unit: the samples of each of its cases, with the case's weight."""
        known = [(weight, bounds) for weight, samples in cases if (bounds := self._bounds(samples)) is not None]
        if not known:
            return
        total = sum(weight for weight, _ in known)
        low, high = (sum(weight * bounds[end] for weight, bounds in known) / total for end in (0, 1))
        self.sequence.update([low], [high], [total])
        if self.test is not None:
            self.test.update([low], [high], [total])

    def verdict(self) -> RuleVerdict:
        interval = self.sequence.interval()
        sign = -1 if self._flipped else 1
        ends = sorted(sign * end for end in interval.bounds) if interval.bounds is not None else (None, None)
        exact = self.test is None or self.test.result().exact
        return RuleVerdict(
            self.rule.text,
            self.rule.metric,
            self.variant,
            self.outcome,
            sign * interval.estimate,
            ends[0],
            ends[1],
            1 - self.alpha,
            interval.n,
            self.missing,
            exact,
        )

    @property
    def _flipped(self) -> bool:
        """Whether values are turned around, so that large ones are good."""
        return self.rule.kind == "mean" and self.rule.sign == "<="

    def _bounds(self, samples: Sequence[SampleRecord]) -> tuple[float, float] | None:
        """What a case's value lies between; None where the rule is not about the case."""
        own = self._side(self.variant, samples)
        if own is None or self.rule.kind != "against":
            return own
        other = self._side(self.baseline, samples)
        if other is None:
            return None
        difference = own[0] - other[1], own[1] - other[0]
        return (-difference[1], -difference[0]) if self.range.lower_is_better else difference

    def _side(self, variant: str, samples: Sequence[SampleRecord]) -> tuple[float, float] | None:
        """The mean over one variant's repetitions: its least and its most."""
        values = [self._value(sample) for sample in samples if sample.variant == variant]
        there = [value for value in values if value is not None]
        if not there:
            return None
        self.missing += sum(value != value for value in there)
        ends = (-self.range.high, -self.range.low) if self._flipped else (self.range.low, self.range.high)
        return mean_bounds(there, ends=ends)

    def _value(self, sample: SampleRecord) -> float | None:
        """One sample's value, NaN where it is missing; None where it has none."""
        if sample.status == "error":
            return nan
        if self.rule.metric == PASSED:
            return passed(sample)
        score = sample.scores.get(self.rule.metric)
        if score is None:
            return None
        if "unscored" in score:
            return nan
        value = float(score["value"])
        if self.rule.kind == "share":
            return float(value <= self.rule.bound if self.rule.sign == "<=" else value >= self.rule.bound)
        return -value if self._flipped else value


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
