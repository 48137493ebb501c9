"""The gate of a suite: its samples as a gate reads them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from math import nan
from typing import TYPE_CHECKING

from genops.errors import DefinitionError
from genops.evals.gate import GateProcess
from genops.evals.outcome import passed
from genops.evals.plan import Plan
from genops.evals.rule_test import Reading, RuleTest
from genops.evals.rules import PASSED, Rule
from genops.evals.score import Range
from genops.store.records.evaluations import SampleRecord

if TYPE_CHECKING:
    from genops.evals.variants import Variant


@dataclass
class SuiteGate(GateProcess):
    """The gate of a plan while its samples come in.

    Attributes:
        weights: Of cases, by their positions; those that are left out weigh 1.
    """

    weights: Mapping[int, float] = field(default_factory=dict)

    @classmethod
    def of(cls, plan: Plan) -> SuiteGate:
        """The gate before the first sample.

        Raises:
            DefinitionError: A rule cannot be tested.
        """
        gate, cohort = plan.suite.gate, plan.cohort
        assert gate is not None
        candidates = [variant for variant in plan.candidates if variant not in plan.baselines.values()]
        pairs = [(rule, variant) for rule in gate.rules for variant in candidates]
        return cls(
            gate=gate,
            tests=[_test(rule, variant, plan, len(pairs)) for rule, variant in pairs],
            units=plan.units,
            each=len(plan.variants) * plan.suite.repeat,
            weights=cohort.case_weights,
            critical_ids=cohort.critical_ids,
        )

    @cached_property
    def _metrics(self) -> frozenset[str]:
        return frozenset(test.rule.metric for test in self.tests) - {PASSED}

    @cached_property
    def _needs_passed(self) -> bool:
        return bool(self.critical_ids) or any(test.rule.metric == PASSED for test in self.tests)

    def add_samples(self, *samples: SampleRecord) -> None:
        """Takes samples, as :meth:`add` takes what a gate sees of them."""
        metrics, needs_passed, weights, readings = self._metrics, self._needs_passed, self.weights, []
        for sample in samples:
            values = {PASSED: passed(sample)} if needs_passed else {}
            for name in metrics:
                if (value := _value(sample, name)) is not None:
                    values[name] = value
            case = sample.case_number
            readings.append(Reading(sample.number, case, sample.variant, values, weights.get(case, 1.0)))
        self.add(*readings)


def _test(rule: Rule, variant: Variant, plan: Plan, tests: int) -> RuleTest:
    gate, use = plan.suite.gate, plan.suite.use(rule.metric)
    assert gate is not None
    if rule.metric in plan.own.partial and gate.about == "dataset":
        raise DefinitionError(
            f"{rule.text!r}: not every case need have {rule.metric}: how many of the dataset it is about is not known "
            "before",
            hint="say `about: population` in the gate, or leave cases out by `where` in the dataset, not by a `when`",
        )
    values = use.scorer.range if use is not None else Range()
    baseline = plan.baselines[rule.baseline].name if rule.baseline else ""
    return RuleTest.of(rule, gate, tests, plan.weights, values, variant.name, baseline)


def _value(sample: SampleRecord, metric: str) -> float | None:
    """A sample's score, NaN where it is missing; None where it has none."""
    if sample.status == "error":
        return nan
    score = sample.scores.get(metric)
    if score is None:
        return None
    return nan if "unscored" in score else float(score["value"])
